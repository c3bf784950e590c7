import { json } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { stopKillsRequest } from '../lib/http/requests.ts';
import { stopKills } from '../lib/sessions/kill/stop-kills.ts';
import { type OutsideServices, outsideServices } from './wiring/outside-services.ts';

/** PUT /stop: stops every kill of every kind. Once or several times is the same; the first who stopped is named. */
export const createHandler = (load: () => Promise<OutsideServices>) =>
  httpPipeline(load, stopKillsRequest, async ({ services, principal, body: { reason }, requestId: correlationId }) =>
    json(200, await stopKills(services, { principal, reason, correlationId })),
  );

/** What Lambda calls. */
export const handler = createHandler(outsideServices);
