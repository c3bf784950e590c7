import type { Engine, Victim } from '../database/database.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { Access } from '../privileges/access.ts';
import { isApproved, termsOfApproval } from '../privileges/approval.ts';
import type { Principal } from '../privileges/principal.ts';
import { protectedReason } from '../privileges/protected-sessions.ts';
import { mayEnd, mayView } from '../privileges/seed-rule.ts';
import type { KillKind, Session, SessionId } from './session.ts';
import { matchTag } from './tags.ts';

/** One session or statement that somebody wants ended. */
export interface Demand {
  readonly id: SessionId;
  readonly kind: KillKind;
  /** A session tag for `connection`, a statement tag for `query`; `null`: whatever stands there now. */
  readonly tag: string | null;
}

/** The rules that hold for all demands of one call. */
export interface Rules {
  readonly access: Access;
  readonly requireTags: boolean;
  readonly ownId: SessionId;
  readonly protectedUsers: readonly string[];
  readonly engine?: Engine;
  /** Who asks, and who has approved it: given where somebody has. */
  readonly approval?: { readonly requester: Principal; readonly approver: Principal };
}

const SEVERAL = 'Several nodes list a session of this ID, and a KILL names no node.';

const IN_PART = 'The server did not show this session in full. Nothing was sent for it.';

/**
 * What is to be done about a demand. `refused` goes on record: a rule forbade it. `no` does not: there was nothing to
 * end, or the caller's tag stood for something else.
 */
export type Verdict =
  | { readonly do: 'kill'; readonly victim: Victim }
  | { readonly do: 'nothing-running'; readonly session: Session }
  | { readonly do: 'refused'; readonly session: Session; readonly code: ErrorCode; readonly detail?: string }
  | { readonly do: 'no'; readonly code: ErrorCode; readonly detail?: string };

/**
 * Decides on a demand from what the server just gave, never from what the caller sent. Who may neither view nor end a
 * session learns nothing of it.
 *
 * @param rows - all that bear the ID: nodes of a cluster may each have one, and which of them a KILL would end is in doubt
 */
export function judge(rows: readonly Session[], { kind, tag }: Demand, rules: Rules): Verdict {
  const [session] = rows;
  if (session === undefined) return { do: 'no', code: 'session-not-found' };
  const { access } = rules;
  if (!rows.some((row) => mayView(access, row) || mayEnd(access, row)))
    return { do: 'refused', session, code: 'session-not-found' };
  if (rows.length > 1) return { do: 'no', code: 'target-elsewhere', detail: SEVERAL };
  const reason = protectedReason(session, rules);
  if (reason !== null) return { do: 'refused', session, code: 'protected', detail: reason };
  if (!mayEnd(access, session)) return { do: 'refused', session, code: 'not-allowed' };
  if (termsOfApproval(access, session).some((terms) => !isApproved(terms, rules.approval)))
    return { do: 'refused', session, code: 'approval-needed' };
  if (session.readInPart) return { do: 'no', code: 'target-timeout', detail: IN_PART };
  if (tag === null && rules.requireTags) return { do: 'no', code: 'tag-required' };
  if (tag !== null) {
    const match = matchTag(session, kind, tag);
    if (match === 'invalid') return { do: 'no', code: 'tag-invalid' };
    if (match === 'mismatch') return { do: 'no', code: 'tag-mismatch' };
  }
  if (kind === 'query' && session.statement === null) return { do: 'nothing-running', session };
  return { do: 'kill', victim: { session, compareStatement: kind === 'query' } };
}

/** The answer to a demand that there is nothing to do about. */
export const refusalOf = ({ code, detail }: Extract<Verdict, { do: 'no' | 'refused' }>): AppError =>
  new AppError(code, { detail });
