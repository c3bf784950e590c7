import type { Inputs } from './inputs.ts';
import type { Measured, Run } from './measured.ts';

/** One message: a target's turn in one round. Times are seconds from the start of the simulation. */
export interface Turn {
  readonly target: number;
  readonly due: number;
  /** When it may be received. */
  readonly at: number;
  /** How often it was received before. */
  readonly receives: number;
}

/** What became of one turn of a batch. */
export interface Ended {
  readonly turn: Turn;
  /** Seconds from the start of the batch. */
  readonly after: number;
  readonly isDone: boolean;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly victims: number;
}

/** The stop, asked before a target is opened. */
const FAILED_READS = 1;
/** A turn that is late is given back at once. */
const LATE_SECONDS = 0;

const pick = <T>(from: readonly T[], random: () => number): T | undefined => from[Math.floor(random() * from.length)];

/**
 * Runs a batch as the worker does: its targets at once, on a share of a processor. A run takes what a measured one took,
 * its processor time stretched to that share; and all of them no less than their processor time together.
 */
export function runBatch(
  turns: readonly Turn[],
  start: number,
  { fleet, lambda }: Inputs,
  { engines, victims }: Measured,
  isIll: (target: number) => boolean,
  random: () => number,
): readonly Ended[] {
  const share = Math.min(1, lambda.memoryMb / lambda.mbPerCpu);
  const failed = (turn: Turn, after: number): Ended => ({
    turn,
    after,
    isDone: false,
    writeUnits: 0,
    readUnits: FAILED_READS,
    victims: 0,
  });
  let processor = 0;
  const ends = turns.map((turn): Ended => {
    if (turn.receives > 0 && start > turn.due + fleet.every) return failed(turn, LATE_SECONDS);
    if (isIll(turn.target)) return failed(turn, fleet.connectLimit);
    const engine = engines[turn.target % engines.length];
    const isBusy = random() < fleet.busyShare;
    const run: Run | undefined = pick((isBusy ? engine?.busy : engine?.quiet) ?? [], random);
    if (run === undefined) throw new Error('nothing was measured');
    const stretched = run.cpu / share / 1000;
    processor += stretched;
    const { writeUnits, readUnits } = run;
    const after = Math.max(0, run.took - run.cpu) / 1000 + stretched;
    return { turn, after, isDone: true, writeUnits, readUnits, victims: isBusy ? victims : 0 };
  });
  return ends.map((end) => (end.isDone ? { ...end, after: Math.max(end.after, processor) } : end));
}
