import { askApproval } from '../lib/chatops/commands/ask-approval.ts';
import { approvalAnswer } from '../lib/http/answer.ts';
import { once } from '../lib/http/once.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { askApprovalRequest } from '../lib/http/requests.ts';
import type { Services } from '../lib/services.ts';
import { services } from './wiring/deployed-services.ts';

/** POST /targets/{target}/approvals: puts to people in a chat whether this may be ended. Once for an `Idempotency-Key`. */
export const createHandler = (load: () => Promise<Services>) =>
  httpPipeline(load, askApprovalRequest, async (call) => {
    const { services, principal, path, body, requestId: correlationId } = call;
    const { kills, rule = {}, limit = null, digest = '', reason = null } = body;
    const what =
      kills === undefined
        ? { rule, limit, digest }
        : { kills: kills.map((kill) => ({ ...kill, tag: kill.tag ?? null })) };
    return once('ask-approval', call, async () =>
      approvalAnswer(await askApproval(services, { principal, ...path, reason, correlationId, what })),
    );
  });

/** What Lambda calls. */
export const handler = createHandler(services);
