import * as listAudit from '../../../functions/list-audit.ts';
import type { OutsideServices } from '../../../functions/wiring/outside-services.ts';
import { recordSchema } from '../../../lib/http/answers.ts';
import { anEvent, bodyOf } from '../../support/http-event.ts';

/** What `GET /audit` answers an operator: each record held to what the API document says. */
export async function readAudit(services: OutsideServices, rawQueryString = '') {
  const claims = { sub: 'reader', groups: '[operator]' };
  const requestContext = { requestId: 'r1', authorizer: { jwt: { claims } } };
  const answer = await listAudit.createHandler(async () => services)(anEvent({ rawQueryString, requestContext }));
  const { records } = bodyOf(answer);
  if (!Array.isArray(records)) throw new Error(`GET /audit: ${answer.statusCode} ${answer.body}`);
  return records.map((record: unknown) => recordSchema.parse(record));
}
