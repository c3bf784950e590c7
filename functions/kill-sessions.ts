import { json } from '../lib/http/answer.ts';
import { once } from '../lib/http/once.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { killSessionsRequest } from '../lib/http/requests.ts';
import type { Services } from '../lib/services.ts';
import { killSessions } from '../lib/sessions/kill/kill.ts';
import { services } from './wiring/deployed-services.ts';

/** POST /targets/{target}/kills: ends many, with an outcome for each; 200 also where some were refused. Once for an `Idempotency-Key`. */
export const createHandler = (load: () => Promise<Services>) =>
  httpPipeline(load, killSessionsRequest, async (call) => {
    const { services, principal, path, body, requestId: correlationId } = call;
    const kills = body.kills.map((kill) => ({ ...kill, tag: kill.tag ?? null }));
    const { reason = null } = body;
    return once('kill-sessions', call, async () =>
      json(200, await killSessions(services, { principal, ...path, kills, reason, correlationId })),
    );
  });

/** What Lambda calls. */
export const handler = createHandler(services);
