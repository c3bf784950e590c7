import { json } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { getSessionRequest } from '../lib/http/requests.ts';
import type { Services } from '../lib/services.ts';
import { getSession } from '../lib/sessions/get-session.ts';
import { services } from './wiring/deployed-services.ts';

/** GET /targets/{target}/sessions/{id}: one session, its tag also as `ETag`, ready for `If-Match`. */
export const createHandler = (load: () => Promise<Services>) =>
  httpPipeline(load, getSessionRequest, async ({ services, principal, path, query }) => {
    const session = await getSession(services, { principal, ...path, full: query.full });
    return json(200, session, { etag: `"${session.tag}"` });
  });

/** What Lambda calls. */
export const handler = createHandler(services);
