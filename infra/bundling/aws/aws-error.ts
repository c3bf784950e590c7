/** An exception of AWS: `name` is the exception's, as in the official clients. */
export class AwsError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(name: string, message: string, status: number) {
    super(message);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
  }
}

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

/** How a failed try goes on: soon, later because the service is busy, or not at all. */
export function retryOf(error: unknown): 'soon' | 'later' | 'never' {
  if (!(error instanceof AwsError)) return 'soon'; // no answer came: the network's fault
  if (THROTTLED.has(error.name) || error.$metadata.httpStatusCode === 429) return 'later';
  return error.$metadata.httpStatusCode >= 500 ? 'soon' : 'never';
}
