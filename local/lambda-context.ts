import type { Context } from 'aws-lambda';

/** How long a function may take here; API Gateway waits 30 s at most. */
export const LIMIT_MS = 29_000;

/** The context that Lambda gives a call of the function `name`, which begins now. */
export function lambdaContext(name: string, requestId: string): Context {
  const end = performance.now() + LIMIT_MS;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${name}`,
    memoryLimitInMB: '256',
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, end - performance.now()),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
