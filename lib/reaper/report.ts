import { AppError, type ErrorCode } from '../errors.ts';
import type { KillResult, Outcome } from '../sessions/outcome.ts';
import type { Session } from '../sessions/session.ts';
import { sessionTag } from '../sessions/tags.ts';
import type { Choice } from './choose.ts';
import type { Reaper } from './policy-schema.ts';
import type { ReportedSession } from './reported-session.ts';
import type { Undecidable } from './undecidable.ts';
import type { WarnedVictim } from './warn/warn-victims.ts';

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

/** What a run did, or a dry run would do. */
export interface ReapReport {
  readonly target: string;
  readonly reaper: string;
  readonly dryRun: boolean;
  readonly kill: Reaper['kill'];
  /** All that the server listed, our own not counted. */
  readonly sessions: number;
  readonly victims: readonly ReapVictim[];
  readonly spared: readonly SparedView[];
  /** Those that the rule chose and that are warned of first, or that somebody keeps. */
  readonly warned: readonly WarnedVictim[];
  /** What the rule asks for and the target never shows: no session is a victim that hangs on it. */
  readonly undecidable: readonly Undecidable[];
  /** The limit that held the whole run back, so that nothing was ended; `null` where none did. */
  readonly held: string | null;
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

const toVictim = (session: Session, reasons: readonly string[], answer: Answer | undefined): ReapVictim => ({
  id: session.id,
  tag: sessionTag(session),
  user: session.user,
  host: session.host,
  db: session.db,
  command: session.command,
  time: session.time,
  reasons,
  ...endOf(answer),
});

/** Shapes what a run did. At most 1,000 of the spared are told. */
export const toReport = (
  { target, dryRun }: { readonly target: string; readonly dryRun: boolean },
  { name, kill }: Reaper,
  sessions: number,
  { victims, spared, undecidable }: Choice,
  {
    held,
    answers = [],
    warned = [],
  }: {
    readonly held: string | null;
    readonly answers?: readonly Answer[];
    readonly warned?: readonly WarnedVictim[];
  },
): ReapReport => ({
  target,
  reaper: name,
  dryRun,
  kill,
  sessions,
  victims: victims.map(({ session, reasons }, index) => toVictim(session, reasons, answers[index])),
  spared: spared.slice(0, MAX_SPARED).map(({ session, reason }) => ({ id: session.id, user: session.user, reason })),
  warned,
  undecidable,
  held,
});
