import type { KillKind, SessionId } from '../session.ts';

/**
 * What became of a kill.
 *
 * - `terminated`: the session is gone from the process list.
 * - `query-cancelled`: the statement no longer runs, the session lives.
 * - `already-gone`: the session or statement had ended by itself; nothing was ended by us.
 * - `changed`: the ID now belongs to another session or statement; nothing was ended.
 * - `pending`: the server took the kill and still works on it (it rolls back); ask again.
 * - `refused`: a rule forbids it; nothing was sent.
 * - `nothing-running`: KILL QUERY of a session that runs nothing; nothing was sent.
 * - `cut-another`: the server's window was hit, and its own record shows that another statement of the session was cut.
 */
export const OUTCOMES = [
  'terminated',
  'query-cancelled',
  'already-gone',
  'changed',
  'pending',
  'refused',
  'nothing-running',
  'cut-another',
] as const;

/** See {@link OUTCOMES}. */
export type Outcome = (typeof OUTCOMES)[number];

/** True where a KILL of ours ended the session or its statement, and it is over. */
export const hasEnded = (outcome: string | null): boolean => outcome === 'terminated' || outcome === 'query-cancelled';

/**
 * How certainly the compare in the server told this session or statement from any other: `exact` by the engine's own
 * identity, `approximate` by the best that the account may read (a statement's text and age, a client without a port).
 */
export type IdentityStrength = 'exact' | 'approximate';

/** The answer to one kill, the same for every caller. */
export interface KillResult {
  readonly target: string;
  readonly id: SessionId;
  readonly kind: KillKind;
  readonly outcome: Outcome;
  readonly identity: IdentityStrength;
  /** True where the server's own record shows that this very statement was cut, or the process list that the session is gone. */
  readonly proven: boolean;
  /** The audit record that holds intent and outcome; `null` where nothing was attempted (`nothing-running`). */
  readonly auditId: string | null;
  /** What to know or do next, in one sentence; `null` where the outcome says it all. */
  readonly hint: string | null;
}
