import { json } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { listBlockersRequest } from '../lib/http/requests.ts';
import type { Services } from '../lib/services.ts';
import { listBlockers } from '../lib/sessions/blockers.ts';
import { services } from './wiring/deployed-services.ts';

/** GET /targets/{target}/blockers: who blocks whom, roots first. */
export const createHandler = (load: () => Promise<Services>) =>
  httpPipeline(load, listBlockersRequest, async ({ services, principal, path }) =>
    json(200, await listBlockers(services, { principal, target: path.target })),
  );

/** What Lambda calls. */
export const handler = createHandler(services);
