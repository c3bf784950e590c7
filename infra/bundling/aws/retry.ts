import { setTimeout as sleep } from 'node:timers/promises';
import { AwsError } from './aws-error.ts';

/**
 * Exceptions after which the same request may succeed.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
const THROTTLED: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);
const PASSING: ReadonlySet<string> = new Set(['TimeoutError', 'RequestTimeout', 'RequestTimeoutException']);

/** Milliseconds, before they are doubled and made random. */
const SOON_MS = 100;
const LATER_MS = 500;
const LONGEST_MS = 2_000;
/** However long a service asks to wait, no function has more time. */
const LONGEST_ASKED_MS = 20_000;

/** How a failed try goes on: soon, later because the service is busy, or not at all. */
function retryOf(error: unknown): 'soon' | 'later' | 'never' {
  if (!(error instanceof Error)) return 'never';
  if (PASSING.has(error.name)) return 'soon';
  // Without an answer: of the network's errors each has a code, and what is wrong here has none.
  if (!(error instanceof AwsError)) return 'code' in error ? 'soon' : 'never';
  if (THROTTLED.has(error.name) || error.$metadata.httpStatusCode === 429) return 'later';
  return error.$metadata.httpStatusCode >= 500 ? 'soon' : 'never';
}

/**
 * Tries up to `maxAttempts` times. The waits between grow and are random; a service that throttles is given more time, and
 * one that says how long gets that.
 *
 * @throws the error of the last try
 */
export async function withRetries<T>(maxAttempts: number, work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      const retry = retryOf(error);
      if (retry === 'never' || tried >= maxAttempts) throw error;
      const wait = Math.random() * Math.min(LONGEST_MS, (retry === 'later' ? LATER_MS : SOON_MS) * 2 ** tried);
      const asked = error instanceof AwsError ? Math.min(LONGEST_ASKED_MS, error.retryAfter) : 0;
      await sleep(Math.max(wait, asked));
    }
  }
}
