import { AppError } from '../errors.ts';
import type { Principal } from '../privileges/principal.ts';
import { killSession } from '../sessions/kill-session.ts';
import { sessionId } from '../sessions/session.ts';
import { anAnswer, type ChatAnswer } from './answer.ts';
import type { CommandCall } from './commands/command-call.ts';
import { OUTCOME_WORDS } from './in-words.ts';
import type { ChatRequest } from './stores/request-store.ts';

/**
 * Does what a decided request is for, in the requester's name, and says what became of it. The server compares the tag
 * that was seen once more.
 */
export async function carryOutRequest(
  { services, requestId }: CommandCall,
  { id: approvalRequest, wanted, about, reason }: ChatRequest,
  principal: Principal,
  approver: Principal | null,
): Promise<ChatAnswer> {
  const by = approver === null ? principal.subject : `${principal.subject}, approved by ${approver.subject}`;
  const told = (title: string, more: readonly string[] = []): ChatAnswer =>
    anAnswer(title, { lines: [about, `By ${by}.`, ...more], audience: 'all', replaces: true });
  const call = { principal, target: wanted.target, correlationId: requestId };
  if (wanted.do === 'reap') {
    if (services.reapNow === undefined) throw new AppError('internal');
    const results = await services.reapNow.run({ ...call, rule: wanted.rule, victims: wanted.victims });
    const ended = results.filter(({ outcome }) => outcome === 'terminated' || outcome === 'query-cancelled');
    const warned = results.filter(({ outcome }) => outcome === 'warned').length;
    const more = warned === 0 ? [] : [`${warned} are warned first, or kept.`];
    return told(`${ended.length} of ${wanted.victims.length} ended`, more);
  }
  if (wanted.do === 'keep') throw new AppError('request-invalid', { detail: 'The button is not of this request.' });
  const { kind, tag } = wanted;
  const demand = { ...call, id: sessionId(wanted.id), kind, tag, reason, escalateAfter: null };
  const result = await killSession(services, approver === null ? demand : { ...demand, approver, approvalRequest });
  return told(OUTCOME_WORDS[result.outcome], result.auditId === null ? [] : [`Record ${result.auditId}`]);
}
