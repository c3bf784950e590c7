import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { keepFailures } from './async-failures.ts';
import type { FunctionName } from './function-table.ts';
import { WardenSchedule } from './schedule.ts';
import { BATCH } from './worker-seconds.ts';

/** What the fleet is wired with. */
export interface FleetWiring {
  readonly make: (name: FunctionName) => LambdaFunction;
  readonly reapQueue: IQueue;
  readonly failedEvents: IQueue;
  readonly encryptionKey: IKey;
  /** Batches that are worked on at once. */
  readonly workers: number;
}

/** The schedule calls planner and sweep; the planner's messages call the workers, who name those that failed. */
export function wireFleet(
  scope: Construct,
  { make, reapQueue, failedEvents, encryptionKey, workers }: FleetWiring,
): void {
  const planReaps = make('plan-reaps');
  const sweepAudit = make('sweep-audit');
  for (const one of [planReaps, sweepAudit]) keepFailures(one, failedEvents, encryptionKey);
  new WardenSchedule(scope, 'Schedule', { planReaps, sweepAudit, failedEvents, encryptionKey });

  const worker = make('reap-target');
  const mapping = worker.addEventSourceMapping('Reaps', {
    eventSourceArn: reapQueue.queueArn,
    batchSize: BATCH,
    reportBatchItemFailures: true,
    maxConcurrency: workers,
  });
  if (worker.role !== undefined) mapping.node.addDependency(worker.role);
}
