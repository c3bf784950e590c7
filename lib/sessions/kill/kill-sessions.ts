import { AppError, type ErrorCode } from '../../errors.ts';
import type { Services } from '../../services.ts';
import { withTarget } from '../../targets/with-target.ts';
import { countFailure } from '../../telemetry/samples.ts';
import type { KillKind, SessionId } from '../session.ts';
import type { KillContext } from './intent.ts';
import type { Demand } from './judge.ts';
import { kill } from './kill.ts';
import type { IdentityStrength, Outcome } from './outcome.ts';
import { recordAttempts } from './record-refusals.ts';

export interface BulkKillRequest extends Omit<KillContext, 'escalateAfter'> {
  readonly kills: readonly Demand[];
}

/** What became of one of many. */
export interface BulkKillResult {
  readonly id: SessionId;
  readonly kind: KillKind;
  /** `null` where nothing could be decided; then `code` says why. */
  readonly outcome: Outcome | null;
  readonly identity: IdentityStrength | null;
  readonly proven: boolean;
  readonly auditId: string | null;
  /** The catalogue's code where this one was refused or failed (`session-not-found`, `tag-mismatch`, …). */
  readonly code: ErrorCode | null;
}

const REFUSALS: readonly ErrorCode[] = [
  'not-allowed',
  'protected',
  'approval-needed',
  'identity-approximate',
  'kills-stopped',
  'too-many-kills',
  'tag-invalid',
  'tag-required',
];
const CHANGES: readonly ErrorCode[] = ['tag-mismatch'];

function outcomeOf({ code }: AppError): Outcome | null {
  if (REFUSALS.includes(code)) return 'refused';
  return CHANGES.includes(code) ? 'changed' : null;
}

/** Ends up to 1,000 sessions or statements over one connection; one that fails does not hold the others. */
export function killSessions(
  services: Services,
  request: BulkKillRequest,
): Promise<{ readonly target: string; readonly results: readonly BulkKillResult[] }> {
  const asStranger = () => recordAttempts(services.audit, request, request.kills, 'target-not-found');
  return withTarget(services, { ...request, purpose: 'kill', asStranger }, async (_, toKill) => {
    const answers = await kill(services, toKill, { ...request, escalateAfter: null }, request.kills);
    for (const answer of answers) if (answer instanceof AppError) countFailure(answer);
    const results = request.kills.map(({ id, kind }, index): BulkKillResult => {
      // Stryker disable next-line StringLiteral: each demand has an answer
      const answer = answers[index] ?? new AppError('internal');
      return answer instanceof AppError
        ? {
            id,
            kind,
            outcome: outcomeOf(answer),
            identity: null,
            proven: false,
            auditId: answer.auditId ?? null,
            code: answer.code,
          }
        : {
            id,
            kind,
            outcome: answer.outcome,
            identity: answer.identity,
            proven: answer.proven,
            auditId: answer.auditId,
            code: null,
          };
    });
    return { target: request.target, results };
  });
}
