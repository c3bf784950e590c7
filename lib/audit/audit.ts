import type { IdentityStrength, Outcome } from '../sessions/outcome.ts';
import type { KillKind, SessionId } from '../sessions/session.ts';

/** A kill that is about to happen, or that was refused. Written before anything is sent. */
export interface Intent {
  readonly target: string;
  readonly principal: { readonly source: string; readonly subject: string };
  readonly kind: KillKind;
  readonly sessionId: SessionId;
  readonly sessionTag: string;
  readonly statementTag: string | null;
  readonly user: string | null;
  readonly host: string | null;
  readonly db: string | null;
  readonly command: string;
  /** Seconds in the present command when it was read. */
  readonly time: number | null;
  /** Masked, and at most 1,024 characters. */
  readonly statement: string | null;
  readonly identity: IdentityStrength;
  /** The reaper whose rule wanted it; `null` where a person did. */
  readonly reaper: string | null;
  /** What the caller gave as reason, or the conditions of the reaper's rule that hit; at most 500 characters. */
  readonly reason: string | null;
  /** Links request, record, log and the comment in the SQL. */
  readonly correlationId: string;
}

/** How a kill ended. `unknown` is for a sweep that finds nobody who could tell. */
export interface KillEnd {
  readonly outcome: Outcome | 'failed' | 'unknown';
  readonly proven: boolean;
  /** An error's code or the rule that refused; `null` otherwise. */
  readonly detail: string | null;
}

/** How it ended. `kept`: somebody kept a reaper's victim for a while, and `detail` says until when. */
export interface AuditOutcome extends Omit<KillEnd, 'outcome'> {
  readonly outcome: KillEnd['outcome'] | 'kept';
}

/** One record: an intent and, once known, its outcome. Times are ISO 8601 in UTC. */
export interface AuditRecord extends Intent {
  readonly id: string;
  readonly at: string;
  /** `null` while nothing is known, `pending` while the server works on the kill: both are open. See {@link isOpen}. */
  readonly outcome: AuditOutcome['outcome'] | null;
  readonly proven: boolean;
  readonly detail: string | null;
  readonly outcomeAt: string | null;
}

/** True for a record without its final outcome: a sweep gives it one. */
export const isOpen = ({ outcome }: Pick<AuditRecord, 'outcome'>): boolean => outcome === null || outcome === 'pending';

/** Which records to list, newest first. */
export interface AuditQuery {
  readonly target?: string;
  readonly subject?: string;
  /** From this time on (inclusive), ISO 8601. */
  readonly from?: string;
  /** Before this time (exclusive), ISO 8601. */
  readonly to?: string;
  readonly limit: number;
  /** The ID of the last record of the page before. */
  readonly after?: string;
}

/** Which open intents to read, oldest first. */
export interface OpenQuery {
  /** Written before this time (exclusive), ISO 8601. */
  readonly before: string;
  readonly limit: number;
  /** The ID of the last one of the page before. */
  readonly after?: string;
}

/** Keeps the record. Every method rejects when it cannot keep its promise; nothing is dropped silently. */
export interface AuditStore {
  /** Writes an open intent and resolves to its ID, a ULID, once it is durable. */
  begin(intent: Intent): Promise<string>;
  /** Many intents at once: all durable, or rejected. IDs in the intents' order. */
  beginAll(intents: readonly Intent[]): Promise<readonly string[]>;
  /** Gives an open record its outcome. `pending` leaves it open for a sweep; any other is final, and a second for the same ID is rejected. */
  finish(id: string, outcome: AuditOutcome): Promise<void>;
  /** The same of many; resolves to the IDs that did not take theirs. */
  finishAll(outcomes: ReadonlyMap<string, AuditOutcome>): Promise<readonly string[]>;
  list(query: AuditQuery): Promise<readonly AuditRecord[]>;
  /** Records that still have no final outcome, oldest first. */
  open(query: OpenQuery): Promise<readonly AuditRecord[]>;
}
