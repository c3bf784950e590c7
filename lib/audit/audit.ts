import type { Caller } from '../privileges/principal.ts';
import type { IdentityStrength, Outcome } from '../sessions/kill/outcome.ts';
import type { KillKind, SessionId } from '../sessions/session.ts';

/** What the server told of a session when it was meant: all of it `null` where the principal may not view it, and where no row was read. */
export interface SessionFacts {
  readonly sessionTag: string | null;
  readonly statementTag: string | null;
  readonly user: string | null;
  readonly host: string | null;
  readonly db: string | null;
  readonly command: string | null;
  /** Seconds in the present command when it was read. */
  readonly time: number | null;
  /** Masked, and at most 1,024 characters. */
  readonly statement: string | null;
  readonly identity: IdentityStrength | null;
}

/** What a record says of a session that its reader may not view. */
export const NO_FACTS: SessionFacts = {
  sessionTag: null,
  statementTag: null,
  user: null,
  host: null,
  db: null,
  command: null,
  time: null,
  statement: null,
  identity: null,
};

/** A principal, by the name that rules know. */
export interface Named {
  readonly source: string;
  readonly subject: string;
}

/** What a record is about: a session or a statement to be ended, a run of a reaper, statements that were read with their literals, or the stop of every kill and its end. */
export type RecordKind = KillKind | 'reap' | 'read' | 'stop' | 'resume';

/**
 * What a principal is about to do, was refused, or has read. Written before it is done.
 *
 * A request for approval is one too, with its `approvalRequest` and no `approver` until someone has decided: see
 * {@link isUndecided}. The kill that follows from it is another.
 */
export interface Intent extends SessionFacts {
  readonly target: string;
  readonly principal: Named;
  /** From where and as whom the principal called, beside the name that rules know. */
  readonly caller: Caller;
  /** The program that acted for the principal, such as an AI agent; `null` where none said so. */
  readonly agent: string | null;
  /** Who approved it, or said no. */
  readonly approver: Named | null;
  /** The request that was approved or denied. */
  readonly approvalRequest: string | null;
  /** The access rule that let it happen; `null` for a reaper's schedule, which the configuration itself lets in, and for a refusal. */
  readonly rule: string | null;
  readonly kind: RecordKind;
  /** As it was asked for; `null` where it is about no single session. */
  readonly sessionId: SessionId | null;
  /** The reaper whose rule wanted it; `null` where a person did. */
  readonly reaper: string | null;
  /** What the caller gave as reason, in the caller's words, or the conditions of the reaper's rule that hit; at most 500 characters. */
  readonly reason: string | null;
  /** The record of the cancelled statement that still ran, and so cost its session. */
  readonly escalates: string | null;
  /** Of a read: the filters, and how many statements were shown. */
  readonly filter: string | null;
  readonly count: number | null;
  /** The request's own ID: links request, record, log and the comment in the SQL. */
  readonly correlationId: string;
}

/** How a kill ended. `unknown` is for a sweep that cannot find out. */
export interface KillEnd {
  readonly outcome: Outcome | 'failed' | 'unknown';
  readonly proven: boolean;
  /** An error's code or the rule that refused; `null` otherwise. */
  readonly detail: string | null;
}

/**
 * How it ended. `kept`: a person kept a reaper's victim for a while, and `detail` says until when. `approved`: of a request,
 * whose kill has a record of its own. `shown`: of a read. `done`: of a stop and of its end.
 */
export interface AuditOutcome extends Omit<KillEnd, 'outcome'> {
  readonly outcome: KillEnd['outcome'] | 'kept' | 'approved' | 'shown' | 'done';
  /** Of a request: who decided. */
  readonly approver?: Named;
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

/** True for a request for approval that is not decided. */
export const isUndecided = ({
  approvalRequest,
  approver,
}: Pick<AuditRecord, 'approvalRequest' | 'approver'>): boolean => approvalRequest !== null && approver === null;

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
  /** Writes what is over already, with its outcome, and resolves to its ID once it is durable. */
  note(intent: Intent, outcome: AuditOutcome): Promise<string>;
  /** Gives an open record its outcome. `pending` leaves it open for a sweep; any other is final, and a second for the same ID is rejected. */
  finish(id: string, outcome: AuditOutcome): Promise<void>;
  /** The same of many; resolves to the IDs that did not take theirs. */
  finishAll(outcomes: ReadonlyMap<string, AuditOutcome>): Promise<readonly string[]>;
  list(query: AuditQuery): Promise<readonly AuditRecord[]>;
  /** Records that still have no final outcome, oldest first. */
  open(query: OpenQuery): Promise<readonly AuditRecord[]>;
}
