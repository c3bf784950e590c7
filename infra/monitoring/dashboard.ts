import { Dashboard, GraphWidget, type IMetric, PeriodOverride } from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { byDimension, wardenMetric } from './warden-metrics.ts';

/** What the dashboard shows. */
export interface DashboardProps {
  readonly service: string;
  readonly functions: readonly LambdaFunction[];
  readonly reapQueue: IQueue;
  readonly reapDeadLetters: IQueue;
  readonly failedEvents: IQueue;
}

const HALF = 12;

const graph = (title: string, left: readonly IMetric[], right: readonly IMetric[] = []): GraphWidget =>
  new GraphWidget({ title, width: HALF, left: [...left], right: [...right] });

/** One page: what was ended and refused, how reapers keep up, how databases look, and what goes wrong. */
export function wardenDashboard(
  scope: Construct,
  { service, functions, reapQueue, reapDeadLetters, failedEvents }: DashboardProps,
): Dashboard {
  const metric = (name: Parameters<typeof wardenMetric>[1]) => wardenMetric(service, name);
  const dashboard = new Dashboard(scope, 'Dashboard', { periodOverride: PeriodOverride.AUTO });
  dashboard.addWidgets(
    graph('Kills by outcome', byDimension(service, 'Kills', 'outcome')),
    graph('Refusals by code', byDimension(service, 'Refusals', 'code')),
    graph('Reapers: runs and victims', [
      ...['ReaperRuns', 'ReaperVictims'].flatMap((name) => byDimension(service, name as 'ReaperRuns', 'mode')),
    ]),
    graph('Reapers: planned, held, late', [metric('OrdersPlanned'), metric('ReapersHeld')], [metric('TargetsLate')]),
    graph('Sessions of a target', [
      metric('Sessions'),
      metric('ActiveSessions'),
      metric('IdleSessions'),
      metric('IdleInTransactionSessions'),
      metric('DyingSessions'),
    ]),
    graph('Latency, 95th percentile', [
      metric('ConnectLatency'),
      metric('ListLatency'),
      metric('KillLatency'),
      metric('SettleLatency'),
      metric('RecordLatency'),
    ]),
    graph('Errors by code', byDimension(service, 'Errors', 'code')),
    graph('Authentication failures', byDimension(service, 'AuthenticationFailures', 'reason')),
    graph('Intents left open', [metric('OpenIntents')], [metric('OldestOpenIntent')]),
    graph(
      'Queues',
      [
        reapQueue.metricApproximateNumberOfMessagesVisible({ label: 'waiting' }),
        ...[reapDeadLetters, failedEvents].map(deadOf),
      ],
      [reapQueue.metricApproximateAgeOfOldestMessage({ label: 'oldest, seconds' })],
    ),
    graph('Function errors', functions.map(labelled((made, label) => made.metricErrors({ label })))),
    graph(
      'Function durations',
      functions.map(labelled((made, label) => made.metricDuration({ label, statistic: 'p95' }))),
    ),
  );
  return dashboard;
}

const deadOf = (queue: IQueue): IMetric =>
  queue.metricApproximateNumberOfMessagesVisible({ label: queue.node.id, statistic: 'Maximum' });

const labelled =
  (look: (made: LambdaFunction, label: string) => IMetric) =>
  (made: LambdaFunction): IMetric =>
    look(made, made.node.id);
