import type { Engine, Victim } from '../../database/database.ts';
import { AppError, type ErrorCode } from '../../errors.ts';
import { type Access, mayEnd, mayView } from '../../privileges/access-rules.ts';
import { type Approval, missingApproval } from '../../privileges/approval.ts';
import { protectedReason } from '../../privileges/protected-sessions.ts';
import type { KillKind, Session, SessionId } from '../session.ts';
import { matchTag } from '../tags.ts';
import type { KillIntent } from './intent.ts';

/** One session or statement that a caller wants ended. */
export interface Demand {
  readonly id: SessionId;
  readonly kind: KillKind;
  /** A session tag for `connection`, a statement tag for `query`; `null`: whatever is there now. */
  readonly tag: string | null;
}

/** A demand that was judged fit, with the intent that must be on record before it is carried out. */
export interface Order {
  /** The demand's place in the call. */
  readonly index: number;
  readonly demand: Demand;
  readonly victim: Victim;
  readonly intent: KillIntent;
}

/** The rules that hold for all demands of one call. */
export interface Rules {
  readonly access: Access;
  readonly requireTags: boolean;
  readonly ownId: SessionId;
  readonly protectedUsers: readonly string[];
  readonly engine?: Engine;
  /** An agent acts for who asks, and a person must approve whatever it ends. */
  readonly needsPerson: boolean;
  /** Who has approved it, if anyone has. */
  readonly approval?: Approval;
}

const SEVERAL = 'Several nodes list a session of this ID, and a KILL names no node.';

const TOLD_OTHERWISE =
  'Statements are told apart in another way now than when this tag was given, so it cannot be determined whether it is the same one. Nothing was ended. List the sessions again, and send the new tag.';

const IN_PART = 'The server did not show this session in full. Nothing was sent for it.';

/**
 * What is to be done about a demand. `refused` goes on record: a rule or a tag forbade it. `no` does not: there was
 * nothing to end. A refusal bears the session only where the principal may view it, so that no record, answer or chat can
 * tell of it otherwise.
 */
export type Verdict =
  | { readonly do: 'kill'; readonly victim: Victim }
  | { readonly do: 'nothing-running'; readonly session: Session }
  | { readonly do: 'refused'; readonly session: Session | null; readonly code: ErrorCode; readonly detail?: string }
  | { readonly do: 'no'; readonly code: ErrorCode; readonly detail?: string };

/**
 * Decides on a demand from what the server just gave, never from what the caller sent. Who may neither view nor end a
 * session learns nothing of it: one that is hidden and one that is not there are refused alike, and both are on record.
 * Who may end it and not view it is told what becomes of it, and nothing else.
 *
 * @param rows - all that bear the ID: nodes of a cluster may each have one, and which of them a KILL would end is in doubt
 */
export function judge(rows: readonly Session[], { kind, tag }: Demand, rules: Rules): Verdict {
  const [session] = rows;
  const { access } = rules;
  if (session === undefined && access.process) return { do: 'no', code: 'session-not-found' };
  if (session === undefined || !rows.some((row) => mayView(access, row) || mayEnd(access, row)))
    return { do: 'refused', session: null, code: 'session-not-found' };
  if (rows.length > 1) return { do: 'no', code: 'target-elsewhere', detail: SEVERAL };
  const refuse = (code: ErrorCode, detail?: string): Verdict => refusalFor(access, session, code, detail);
  const reason = protectedReason(session, rules);
  if (reason !== null) return refuse('protected', reason);
  if (!mayEnd(access, session)) return refuse('not-allowed');
  if (missingApproval(access, session, rules) !== undefined) return refuse('approval-needed');
  if (session.readInPart) return { do: 'no', code: 'target-timeout', detail: IN_PART };
  if (tag === null && rules.requireTags) return refuse('tag-required');
  if (tag !== null) {
    const match = matchTag(session, kind, tag);
    if (match === 'invalid') return refuse('tag-invalid');
    if (match === 'mismatch') return refuse('tag-mismatch');
    if (match === 'unknown') return refuse('tag-mismatch', TOLD_OTHERWISE);
  }
  if (kind === 'query' && session.statement === null) return { do: 'nothing-running', session };
  return { do: 'kill', victim: { session, compareStatement: kind === 'query' } };
}

/** The refusal of a session: with it, and with why, only for who may view it. */
export const refusalFor = (
  access: Access,
  session: Session,
  code: ErrorCode,
  detail?: string,
): Extract<Verdict, { do: 'refused' }> =>
  mayView(access, session)
    ? { do: 'refused', session, code, ...(detail !== undefined && { detail }) }
    : { do: 'refused', session: null, code };

/** The answer to a demand that there is nothing to do about. */
export const refusalOf = ({ code, detail }: Extract<Verdict, { do: 'no' | 'refused' }>): AppError =>
  new AppError(code, { detail });
