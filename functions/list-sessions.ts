import { json } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { listSessionsRequest } from '../lib/http/requests.ts';
import type { Services } from '../lib/services.ts';
import { countSessions, listSessions } from '../lib/sessions/list-sessions.ts';
import { services } from './wiring/deployed-services.ts';

/** GET /targets/{target}/sessions: one page of the sessions that the caller may view, or their numbers by a column. */
export const createHandler = (load: () => Promise<Services>) =>
  httpPipeline(load, listSessionsRequest, async ({ services, principal, path: { target }, query }) => {
    const { groupBy, ...list } = query;
    if (groupBy === undefined) return json(200, await listSessions(services, { principal, target, query: list }));
    const { limit, sort: _sort, cursor: _cursor, full: _full, ...filters } = list;
    return json(200, await countSessions(services, { principal, target, groupBy, filters, limit }));
  });

/** What Lambda calls. */
export const handler = createHandler(services);
