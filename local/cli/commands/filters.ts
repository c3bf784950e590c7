import { durationSeconds } from '../../../lib/reaper/units.ts';
import { given } from '../api/api.ts';
import { UsageError } from '../help.ts';

/** Which sessions a command means: the filters of the API's lists. */
export interface Filters {
  readonly user?: string;
  readonly host?: string;
  readonly db?: string;
  readonly command?: string;
  readonly state?: string;
  readonly tenant?: string;
  readonly proxySessionId?: string;
  readonly idle?: string;
  readonly minTime?: string;
  readonly inTransaction?: boolean;
  readonly blocking?: boolean;
  readonly text?: string;
}

/** Seconds of `90s`, `5m`, `2h` or `1d`. @throws UsageError */
export function secondsOf(option: string, text: string): number {
  const seconds = durationSeconds(text);
  if (seconds === undefined) throw new UsageError(`${option}: write a duration with its unit, such as 90s, 5m or 2h`);
  return seconds;
}

/** A whole number of a command line. @throws UsageError */
export function numberOf(option: string, text: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${option}: write a whole number from ${least} to ${most}`);
}

/** The filters as the query of a list. @throws UsageError */
export function queryOf({ idle, minTime, inTransaction, blocking, ...same }: Filters) {
  const { user, host, db, command, state, tenant, proxySessionId, text } = same;
  return given({
    ...{ user, host, db, command, state, tenant, proxySessionId, text, inTransaction, blocking },
    idleFor: idle === undefined ? undefined : secondsOf('--idle', idle),
    minTime: minTime === undefined ? undefined : secondsOf('--min-time', minTime),
  });
}
