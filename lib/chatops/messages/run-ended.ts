import type { ReapReport, ReapVictim } from '../../reaper/report.ts';

/** What a receiver is told of a session that a run ended, or may have ended. No statement is in it. */
export type EndedVictim = Pick<
  ReapVictim,
  'id' | 'user' | 'host' | 'db' | 'command' | 'time' | 'outcome' | 'proven' | 'auditId' | 'code' | 'reasons'
>;

/** The event of a rule's `onEnd`, in the form of Standard Webhooks. */
export interface RunEnded {
  readonly type: 'reaper.ended';
  /** ISO 8601 in UTC. */
  readonly timestamp: string;
  readonly data: {
    readonly target: string;
    readonly reaper: string;
    readonly kill: ReapReport['kill'];
    /** By which log and record have the run. */
    readonly correlationId: string;
    readonly victims: readonly EndedVictim[];
    /** Further victims, for which the message has no room; the record has them. */
    readonly omitted: number;
  };
}

/** A queue takes 256 KiB, and characters may be of several bytes. */
const MOST_BYTES = 180_000;

/** Something ended by it, or that is not known: what was sent and not answered may have. */
const mayHaveEnded = ({ outcome, code, auditId }: ReapVictim): boolean =>
  outcome === null
    ? code !== null && auditId !== null
    : ['terminated', 'query-cancelled', 'pending', 'cut-another'].includes(outcome);

const toEnded = ({ id, user, host, db, command, time, ...end }: ReapVictim): EndedVictim => {
  const { outcome, proven, auditId, code, reasons } = end;
  return { id, user, host, db, command, time, outcome, proven, auditId, code, reasons };
};

/** The event of a run: every victim with what became of it. `null` for a run that certainly ended nothing. */
export function runEnded(
  { target, reaper, kill, victims: all }: ReapReport,
  correlationId: string,
  now: Date,
): RunEnded | null {
  if (!all.some(mayHaveEnded)) return null;
  const victims: EndedVictim[] = [];
  let bytes = 0;
  for (const victim of all.map(toEnded)) {
    bytes += Buffer.byteLength(JSON.stringify(victim)) + 1;
    if (bytes > MOST_BYTES) break;
    victims.push(victim);
  }
  const data = { target, reaper, kill, correlationId, victims, omitted: all.length - victims.length };
  return { type: 'reaper.ended', timestamp: now.toISOString(), data };
}
