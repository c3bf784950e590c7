import { json } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { resumeKillsRequest } from '../lib/http/requests.ts';
import { resumeKills } from '../lib/sessions/kill/stop-kills.ts';
import { type OutsideServices, outsideServices } from './wiring/outside-services.ts';

/** DELETE /stop: ends the stop, no matter who started it. */
export const createHandler = (load: () => Promise<OutsideServices>) =>
  httpPipeline(
    load,
    resumeKillsRequest,
    async ({ services, principal, query: { reason = null }, requestId: correlationId }) =>
      json(200, await resumeKills(services, { principal, reason, correlationId })),
  );

/** What Lambda calls. */
export const handler = createHandler(outsideServices);
