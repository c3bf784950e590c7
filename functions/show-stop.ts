import { json } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { showStopRequest } from '../lib/http/requests.ts';
import { showStop } from '../lib/sessions/kill/stop-kills.ts';
import { type OutsideServices, outsideServices } from './wiring/outside-services.ts';

/** GET /stop: whether every kill is stopped, by whom, why and since when. */
export const createHandler = (load: () => Promise<OutsideServices>) =>
  httpPipeline(load, showStopRequest, async ({ services, principal }) =>
    json(200, await showStop(services, { principal })),
  );

/** What Lambda calls. */
export const handler = createHandler(outsideServices);
