import type { WardenConfig } from '../lib/config.ts';

/** What Lambda allows. */
const MOST = 900;
/** Messages of one batch. */
export const BATCH = 10;
/** For what is no rule's: the start, records, a report. */
const REST = 60;

/**
 * How long a worker may need, in seconds: targets of a batch are worked on at once, and the rules of one target one after
 * the other, each with its own `confirm`.
 */
export function workerSeconds({ reapers, timeouts }: Pick<WardenConfig, 'reapers' | 'timeouts'>): number {
  const rules = reapers.map(({ confirm }) => confirm + timeouts.overall).sort((a, b) => b - a);
  return Math.min(MOST, Math.ceil(rules.slice(0, BATCH).reduce((sum, seconds) => sum + seconds, REST)));
}
