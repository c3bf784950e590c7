import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnEventInvokeConfig, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { allow, allowVia } from './permissions/grant.ts';

/** Keeps what an asynchronous invocation could not do in five minutes and three tries. */
export function keepFailures(made: LambdaFunction, queue: IQueue, key: IKey): void {
  made.addToRolePolicy(allow(['sqs:SendMessage'], [queue.queueArn]));
  made.addToRolePolicy(allowVia(made, 'sqs', [key.keyArn], ['kms:Decrypt', 'kms:GenerateDataKey']));
  const config = new CfnEventInvokeConfig(made, 'Async', {
    functionName: made.functionName,
    qualifier: '$LATEST',
    maximumEventAgeInSeconds: 300,
    maximumRetryAttempts: 2,
    destinationConfig: { onFailure: { destination: queue.queueArn } },
  });
  if (made.role !== undefined) config.node.addDependency(made.role);
}
