import { Stack } from 'aws-cdk-lib';
import { PrincipalWithConditions, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { WardenConfig } from '../lib/config/config.ts';
import type { FunctionName } from './function-table.ts';
import { keepFailures } from './monitoring/watch.ts';
import { allow, allowVia } from './permissions/grant.ts';

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

/** What the schedule starts. */
export interface ScheduleProps {
  readonly planReaps: IFunction;
  readonly sweepAudit: IFunction;
  /** Where events go that could not be delivered. */
  readonly failedEvents: IQueue;
  readonly encryptionKey: IKey;
}

/** The planner each minute, told which minute it is for, and the sweep every five; with a role that does just that. */
export class WardenSchedule extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, { planReaps, sweepAudit, failedEvents, encryptionKey }: ScheduleProps) {
    super(scope, id);
    const { account } = Stack.of(this);
    const group = new ScheduleGroup(this, 'Group');
    const principal = new PrincipalWithConditions(new ServicePrincipal('scheduler.amazonaws.com'), {
      StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': group.scheduleGroupArn },
    });
    this.role = new Role(this, 'Role', { assumedBy: principal, description: 'Session Warden: starts its schedules' });
    this.role.addToPolicy(allow(['lambda:InvokeFunction'], [planReaps.functionArn, sweepAudit.functionArn]));
    this.role.addToPolicy(allow(['sqs:SendMessage'], [failedEvents.queueArn]));
    this.role.addToPolicy(allowVia(this, 'sqs', [encryptionKey.keyArn], ['kms:Decrypt', 'kms:GenerateDataKey']));

    const start = (name: string, rate: string, target: IFunction, input: string) => {
      const schedule = new CfnSchedule(this, name, {
        groupName: group.scheduleGroupName,
        scheduleExpression: rate,
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: target.functionArn,
          roleArn: this.role.roleArn,
          input,
          // A planner that is late by more is of no use: the next minutes plan for themselves.
          retryPolicy: { maximumEventAgeInSeconds: 300, maximumRetryAttempts: 3 },
          deadLetterConfig: { arn: failedEvents.queueArn },
        },
      });
      schedule.node.addDependency(this.role);
    };
    start('PlanReaps', 'rate(1 minute)', planReaps, '{"time":"<aws.scheduler.scheduled-time>"}');
    start('SweepAudit', 'rate(5 minutes)', sweepAudit, '{}');
  }
}
