import { killAnswer } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { killQueryRequest } from '../lib/http/requests.ts';
import type { Services } from '../lib/services.ts';
import { killSession } from '../lib/sessions/kill/kill.ts';
import { services } from './wiring/deployed-services.ts';

/** DELETE /targets/{target}/sessions/{id}/query: cancels what a session runs, and says what became of it. */
export const createHandler = (load: () => Promise<Services>) =>
  httpPipeline(load, killQueryRequest, async ({ services, principal, path, query, tag, requestId }) => {
    const { reason = null, escalateAfter = null } = query;
    const what = { ...path, kind: 'query', tag, escalateAfter } as const;
    return killAnswer(await killSession(services, { ...what, principal, reason, correlationId: requestId }));
  });

/** What Lambda calls. */
export const handler = createHandler(services);
