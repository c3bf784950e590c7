import { json } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { listSessionsRequest } from '../lib/http/requests.ts';
import type { Services } from '../lib/services.ts';
import { listSessions } from '../lib/sessions/list-sessions.ts';
import { services } from './wiring/deployed-services.ts';

/** GET /targets/{target}/sessions: one page of the sessions that the caller may view. */
export const createHandler = (load: () => Promise<Services>) =>
  httpPipeline(load, listSessionsRequest, async ({ services, principal, path, query }) =>
    json(200, await listSessions(services, { principal, target: path.target, query })),
  );

/** What Lambda calls. */
export const handler = createHandler(services);
