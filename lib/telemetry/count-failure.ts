import { AppError } from '../errors.ts';
import { METRICS } from './metrics.ts';
import { count } from './samples.ts';

const isOneOf = <Value extends string>(values: readonly Value[], value: string): value is Value =>
  values.some((one) => one === value);

/** Counts a failure where it has become an answer, once: as a failed authentication, a refusal or an error, by its code. */
export function countFailure(failure: unknown): void {
  const code = failure instanceof AppError ? failure.code : 'internal';
  if (isOneOf(METRICS.AuthenticationFailures.dimensions.reason, code))
    count('AuthenticationFailures', { reason: code });
  else if (isOneOf(METRICS.Refusals.dimensions.code, code)) count('Refusals', { code });
  else count('Errors', { code });
}
