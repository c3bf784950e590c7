import type { ChatAnswer } from '../chatops/messages/answer.ts';
import type { AppError } from '../errors.ts';
import type { Session } from '../sessions/session.ts';
import type { RequestStore } from '../state/request-store.ts';
import type { WarningStore } from '../state/warning-store.ts';
import type { WarningReaper } from './policy-schema.ts';
import type { ReapReport } from './report.ts';

/** A victim that is to be warned of. */
export interface VictimToWarn {
  readonly session: Session;
  /** The conditions that hit. */
  readonly reasons: readonly string[];
  /** See {@link import('../state/warning-store.ts').warningName}. */
  readonly warning: string;
  /** How often it was kept before. */
  readonly extensions: number;
}

/** One message that warns of some victims: so many that any platform shows them all. */
export interface WarningToPost {
  readonly target: string;
  readonly reaper: WarningReaper;
  readonly correlationId: string;
  /** The round of their warnings, milliseconds since the epoch. */
  readonly askedAt: number;
  readonly victims: readonly VictimToWarn[];
}

/** What a run came to that is to be told at the rule's place: what it did, or the failure for which it did nothing. */
export interface RunToReport {
  readonly place: string;
  readonly correlationId: string;
  readonly run: ReapReport | { readonly target: string; readonly reaper: string; readonly failure: AppError };
}

/** A run whose ends are to be sent to the receiver that its rule names, `webhook:pager`. */
export interface EndsToSend {
  readonly to: string;
  readonly correlationId: string;
  readonly run: ReapReport;
}

/** Has a reaper's messages posted: they are taken over, not yet posted, when the promise resolves. */
export interface ReaperMessages {
  /** Once it was posted, the warnings are told. @throws AppError `state-unavailable` where it may not be taken over */
  warn(warning: WarningToPost): Promise<void>;
  /** Says nothing of a run that ended and refused nothing. @throws AppError `state-unavailable` */
  report(report: RunToReport): Promise<void>;
  /** Sends what a run ended to a receiver; nothing of a run that certainly ended nothing. @throws AppError `state-unavailable` */
  send(ends: EndsToSend): Promise<void>;
}

/** How a call of the HTTP API puts a question to people. */
export interface Questions {
  readonly requests: RequestStore;
  /** Has the question of a stored request posted at a place: it is taken over, not yet posted. @throws AppError `state-unavailable` */
  post(question: Question): Promise<void>;
}

/** A question with its buttons. */
export interface Question {
  /** Of the request: it is posted once. */
  readonly id: string;
  readonly place: string;
  readonly correlationId: string;
  readonly message: ChatAnswer;
}

/** What a reaper and the API need to talk to people. */
export interface ReaperChat {
  readonly warnings: WarningStore;
  readonly messages: ReaperMessages;
  /** Calls of the API ask people the same way. */
  readonly questions: Questions;
}
