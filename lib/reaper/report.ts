import { AppError, type ErrorCode } from '../errors.ts';
import type { Principal } from '../privileges/principal.ts';
import type { KillResult, Outcome } from '../sessions/kill/outcome.ts';
import type { Session } from '../sessions/session.ts';
import { sessionTag } from '../sessions/tags.ts';
import type { Undecidable } from './asked.ts';
import type { Choice, Chosen } from './choose.ts';
import type { Reaper } from './policy-schema.ts';

/** A run of one reaper on one target. */
export interface ReapRequest {
  readonly principal: Principal;
  readonly target: string;
  /** The reaper's name. */
  readonly reaper: string;
  /** True: choose and explain, and end nothing. */
  readonly dryRun: boolean;
  readonly correlationId: string;
  /** Session tags: of those that the rule chooses, only these, which a person has seen. */
  readonly only?: readonly string[];
}

/** A session that a rule chose and that its warning saved, for now. */
export interface WarnedVictim extends ReportedSession {
  /** `would-warn` in a dry run; `warned` by this run; `waiting` for the end of its time; `kept` by a person; `unsure` whether it woke up. */
  readonly stage: 'would-warn' | 'warned' | 'waiting' | 'kept' | 'unsure';
  /** When it may be ended or is warned of again, ISO 8601 in UTC; `null` where that is not known yet. */
  readonly until: string | null;
  readonly keptBy: string | null;
}

/** A session that a run ended, or in a dry run would have ended. */
export interface ReapVictim extends ReportedSession {
  /** `null` in a dry run, where a limit held the run back, and where it failed: then `code` says why. */
  readonly outcome: Outcome | null;
  readonly proven: boolean;
  readonly auditId: string | null;
  readonly code: ErrorCode | null;
}

/** A session that the rule all but ended. */
export interface SparedView {
  readonly id: string;
  readonly user: string | null;
  /** The one thing that saved it. */
  readonly reason: string;
}

/** What a run did, or a dry run would do: of a reaper, or of a rule that came with the call and has no name. */
export interface ReapReport<Name extends string | null = string> {
  readonly target: string;
  /** The reaper's name; `null` for a rule that came with the call. */
  readonly reaper: Name;
  readonly dryRun: boolean;
  readonly kill: Reaper['kill'];
  /** All that the server listed, our own not counted. */
  readonly sessions: number;
  readonly victims: readonly ReapVictim[];
  readonly spared: readonly SparedView[];
  /** Those that the rule chose and that are warned of first, or that a person keeps. */
  readonly warned: readonly WarnedVictim[];
  /** What the rule asks for and the target never shows: no session is a victim that hangs on it. */
  readonly undecidable: readonly Undecidable[];
  /** The limit that held the whole run back, so that nothing was ended; `null` where none did. */
  readonly held: string | null;
  /** Those of such a dry run whose end a person must approve, and are no victims yet; `null` where there are none. */
  readonly approval: ReapApproval | null;
  /** Names the victims of a dry run of a rule that came with the call: what ends them takes it. `null` elsewhere. */
  readonly digest: string | null;
}

/** What a person must approve before it is ended. */
export interface ReapApproval {
  readonly victims: readonly ReportedSession[];
  /** The limit past which nothing is ended, approved or not; `null` where none is passed. */
  readonly held: string | null;
  /** Names these and the report's victims: what asks for the approval takes it. */
  readonly digest: string;
}

type Answer = KillResult | AppError | 'nothing-running';
type End = Pick<ReapVictim, 'outcome' | 'proven' | 'auditId' | 'code'>;

const NOTHING: End = { outcome: null, proven: false, auditId: null, code: null };
const MAX_SPARED = 1_000;

function endOf(answer: Answer | undefined): End {
  if (answer === undefined) return NOTHING;
  if (answer === 'nothing-running') return { ...NOTHING, outcome: 'nothing-running', proven: true };
  if (answer instanceof AppError) return { ...NOTHING, auditId: answer.auditId ?? null, code: answer.code };
  return { outcome: answer.outcome, proven: answer.proven, auditId: answer.auditId, code: null };
}

const toReported = (session: Session, reasons: readonly string[]): ReportedSession => ({
  id: session.id,
  tag: sessionTag(session),
  user: session.user,
  host: session.host,
  db: session.db,
  command: session.command,
  time: session.time,
  reasons,
});

const toVictim = (session: Session, reasons: readonly string[], answer: Answer | undefined): ReapVictim => ({
  ...toReported(session, reasons),
  ...endOf(answer),
});

/** Shapes what a run did. At most 1,000 of the spared are told. */
export const toReport = <Name extends string | null>(
  { target, reaper, dryRun }: { readonly target: string; readonly reaper: Name; readonly dryRun: boolean },
  { kill }: Reaper,
  sessions: number,
  { victims, spared, undecidable }: Choice,
  {
    held,
    answers = [],
    warned = [],
    digest = null,
    approval = null,
  }: {
    readonly held: string | null;
    readonly answers?: readonly Answer[];
    readonly warned?: readonly WarnedVictim[];
    readonly digest?: string | null;
    readonly approval?: (Omit<ReapApproval, 'victims'> & { readonly victims: readonly Chosen[] }) | null;
  },
): ReapReport<Name> => ({
  target,
  reaper,
  dryRun,
  kill,
  sessions,
  victims: victims.map(({ session, reasons }, index) => toVictim(session, reasons, answers[index])),
  spared: spared.slice(0, MAX_SPARED).map(({ session, reason }) => ({ id: session.id, user: session.user, reason })),
  warned,
  undecidable,
  held,
  approval: approval && {
    ...approval,
    victims: approval.victims.map(({ session, reasons }) => toReported(session, reasons)),
  },
  digest,
});

/** What every report of a run says of a session, whatever became of it. */
export interface ReportedSession {
  readonly id: string;
  readonly tag: string;
  readonly user: string | null;
  readonly host: string | null;
  readonly db: string | null;
  readonly command: string;
  /** Seconds in the command. */
  readonly time: number | null;
  /** The conditions that hit, with their values. */
  readonly reasons: readonly string[];
}
