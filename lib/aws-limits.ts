/**
 * Options of every client of AWS's control and data stores: no answer, or one that stops in its middle, ends a try instead of
 * holding a call for as long as its function may run. DynamoDB, SQS, Secrets Manager and Parameter Store answer in some
 * ten milliseconds. All in milliseconds.
 *
 * @see https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-timeout.html
 */
export const AWS_LIMITS = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    // Else the SDK only warns.
    throwOnRequestTimeout: true,
    socketTimeout: 2_000,
  },
} as const;

/** `run-command` may take its 60 seconds: who waits for its answer waits a little longer, or the command would be given twice. */
export const RUN_COMMAND_LIMITS = {
  maxAttempts: 2,
  requestHandler: { ...AWS_LIMITS.requestHandler, requestTimeout: 65_000, socketTimeout: 65_000 },
} as const;
