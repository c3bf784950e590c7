import { listAudit } from '../lib/audit/list-audit.ts';
import { json } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { listAuditRequest } from '../lib/http/requests.ts';
import { type OutsideServices, outsideServices } from './wiring/outside-services.ts';

/** GET /audit: one page of the record, newest first. */
export const createHandler = (load: () => Promise<OutsideServices>) =>
  httpPipeline(load, listAuditRequest, async ({ services, principal, query }) =>
    json(200, await listAudit(services, { principal, query })),
  );

/** What Lambda calls. */
export const handler = createHandler(outsideServices);
