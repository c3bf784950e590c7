import { AppError } from '../errors.ts';
import type { Services } from '../services.ts';
import { withTarget } from '../with-target.ts';
import type { KillContext } from './intent.ts';
import type { Demand } from './judge.ts';
import { kill } from './kill.ts';
import type { KillResult } from './outcome.ts';
import { recordAttempts } from './record-refusals.ts';

export type KillRequest = KillContext & Demand;

/**
 * Ends one session or its statement, and says what became of it.
 *
 * @throws AppError `session-not-found`, `not-allowed`, `protected`, `tag-invalid`, `tag-mismatch`, `tag-required`,
 * `audit-unavailable`, and the `target-…` family.
 */
export function killSession(services: Services, request: KillRequest): Promise<KillResult> {
  const asStranger = () => recordAttempts(services.audit, request, [request], 'target-not-found');
  return withTarget(services, { ...request, purpose: 'kill', asStranger }, async (_, toKill) => {
    // Stryker disable next-line StringLiteral: each demand has an answer
    const [answer = new AppError('internal')] = await kill(services, toKill, request, [request]);
    if (answer instanceof AppError) throw answer;
    return answer;
  });
}
