import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnEventInvokeConfig, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { WardenConfig } from '../../lib/config/config.ts';
import type { MetricName } from '../../lib/telemetry/metrics.ts';
import { type Area, FUNCTIONS, type FunctionName } from '../function-table.ts';
import { allow, allowVia } from '../permissions/grant.ts';
import type { AlarmOptions } from '../props.ts';
import type { Storage } from '../storage.ts';
import { wardenMetric } from './warden-metrics.ts';

/** An API whose access log tells what the gateway refused by itself. */
export interface WatchedApi extends Construct {
  readonly accessLog: ILogGroup;
}

/** What is watched, and who is told. */
export interface WatchProps {
  readonly service: string;
  readonly config: WardenConfig;
  readonly functions: ReadonlyMap<FunctionName, LambdaFunction>;
  readonly apis: readonly WatchedApi[];
  readonly storage: Storage;
  readonly options?: AlarmOptions | undefined;
}

/** Makes the alarms and has them do what is wanted. */
export function watch(
  scope: Construct,
  { service, config, functions, apis, storage, options = {} }: WatchProps,
): { readonly alarms: readonly Alarm[]; readonly topic?: Topic } {
  const every = config.reapers.map((reaper) => reaper.every);
  const { all } = new Alarms(scope, 'Alarms', {
    service,
    functions,
    deadLetterQueues: [storage.reapDeadLetters, storage.failedEvents],
    denied: countDenied(service, apis),
    authenticationFailures: options.authenticationFailures ?? 20,
    kills: options.kills ?? 200,
    refusals: options.refusals ?? 50,
    everySeconds: every.length === 0 ? undefined : Math.min(...every),
  });
  const topic = options.email === undefined ? undefined : alarmTopic(scope, options.email, storage);
  const actions = [...(options.actions ?? []), ...(topic ? [new SnsAction(topic)] : [])];
  for (const alarm of all) alarm.addAlarmAction(...actions);
  return { alarms: all, ...(topic && { topic }) };
}

/** What an authorizer refuses reaches no function, so the access log tells of it; where a function answered, `denied` is `-`. */
function countDenied(service: string, apis: WatchProps['apis']): Metric {
  const what = { metricNamespace: 'SessionWarden/Gateway', metricName: `${service}-denied` };
  for (const api of apis)
    new MetricFilter(api, 'Denied', {
      ...what,
      logGroup: api.accessLog,
      filterPattern: FilterPattern.literal('{ ($.status = 401 || $.status = 403) && $.denied != "-" }'),
      metricValue: '1',
      defaultValue: 0,
    });
  const { metricNamespace: namespace, metricName } = what;
  return new Metric({ namespace, metricName, statistic: 'Sum', period: Duration.minutes(5) });
}

/** Alarms of this account alone may publish: a policy of one's own takes the place of the one that let the account's services in. */
function alarmTopic(scope: Construct, email: string, { encryptionKey }: Storage): Topic {
  const topic = new Topic(scope, 'AlarmTopic', { masterKey: encryptionKey, enforceSSL: true });
  topic.addSubscription(new EmailSubscription(email));
  const stack = Stack.of(scope);
  const alarms = stack.formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const publisher = { principals: [new ServicePrincipal('cloudwatch.amazonaws.com')] };
  const ofAccount = { StringEquals: { 'aws:SourceAccount': stack.account } };
  topic.addToResourcePolicy(
    new PolicyStatement({
      ...publisher,
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { ...ofAccount, ArnLike: { 'aws:SourceArn': alarms } },
    }),
  );
  encryptionKey.addToResourcePolicy(
    new PolicyStatement({
      ...publisher,
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
      conditions: ofAccount,
    }),
  );
  return topic;
}

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

/** What alarms watch. */
interface AlarmsProps {
  readonly service: string;
  readonly functions: ReadonlyMap<FunctionName, LambdaFunction>;
  readonly deadLetterQueues: readonly IQueue[];
  /** Requests that the gateway itself refused for want of an identity. */
  readonly denied: Metric;
  readonly authenticationFailures: number;
  /** Kills in five minutes that are unusual, and refusals. */
  readonly kills: number;
  readonly refusals: number;
  /** Seconds between the runs of the most frequent reaper; `undefined` where there is none. */
  readonly everySeconds: number | undefined;
}

/** One alarm; `description` says what happened and what to do. */
interface Watch {
  readonly metric: IMetric;
  readonly threshold?: number;
  readonly periods?: number;
  readonly description: string;
}

/** What has to be fixed at the account or at its secret. */
const LOGIN_FAULTS = [
  'target-denied',
  'target-account-locked',
  'target-password-expired',
  'target-login-method',
  'target-address-refused',
] as const;

/** Outcomes by which something was ended, or may have been. */
const ENDS = ['terminated', 'query-cancelled', 'pending', 'cut-another', 'unknown'] as const;

/** What a caller gets who tries what they may not. */
const FORBIDDEN = [
  'not-allowed',
  'privilege-needed',
  'approval-needed',
  'protected',
  'target-not-found',
  'session-not-found',
  'too-many-kills',
] as const;

/** All alarms. Each is about something that would go unnoticed otherwise. */
class Alarms extends Construct {
  readonly all: readonly Alarm[];
  readonly #made: Alarm[] = [];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#watchReapers(props);
    this.#watchEnds(props);
    this.#watchRecords(props);
    this.#watchQueues(props.deadLetterQueues);
    this.#watchFunctions(props.functions);
    this.all = this.#made;
  }

  #watchReapers({ service, everySeconds }: AlarmsProps): void {
    this.#add('ReaperHeld', {
      metric: wardenMetric(service, 'ReapersHeld'),
      description:
        'A limit held a reaper back, nothing was ended. Look at the log line "reaper held", then at the rule.',
    });
    this.#add('TargetsLate', {
      metric: wardenMetric(service, 'TargetsLate'),
      periods: 3,
      description: 'Targets are not reaped in time. Look at failing targets and at concurrency.workers.',
    });
    if (everySeconds === undefined) return;
    const alarm = new Alarm(this, 'ReaperSilent', {
      metric: wardenMetric(service, 'OrdersPlanned', { minutes: everySeconds <= 1800 ? 5 : 60 }),
      threshold: 1,
      evaluationPeriods: Math.max(3, Math.ceil((2 * everySeconds) / (everySeconds <= 1800 ? 300 : 3600))),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
      alarmDescription:
        'No reaper was planned though the configuration has some. Look at plan-reaps, its schedule, GET /stop, and whether any target matches.',
    });
    this.#made.push(alarm);
  }

  #watchEnds({ service, kills, refusals }: AlarmsProps): void {
    this.#add('AuditUnavailable', {
      metric: wardenMetric(service, 'Errors', { dimensions: { code: 'audit-unavailable' } }),
      description: 'The record could not be written, so kills were refused. Look at the audit table and its key.',
    });
    this.#add('KillsWhileStopped', {
      metric: wardenMetric(service, 'Refusals', { dimensions: { code: 'kills-stopped' } }),
      description:
        'A kill was requested while all kills are stopped. GET /stop shows who stopped them. End the stop with DELETE /stop if it is over.',
    });
    this.#add('ManyKills', {
      metric: sumOfValues(service, 'Kills', 'outcome', ENDS),
      threshold: kills,
      description: 'Unusually many sessions or statements were ended. See by whom in GET /audit; PUT /stop ends it.',
    });
    this.#add('ManyRefusals', {
      metric: sumOfValues(service, 'Refusals', 'code', FORBIDDEN),
      threshold: refusals,
      description: 'Unusually many kills and looks were refused. See whose in GET /audit and in the access log.',
    });
  }

  #watchRecords({ service, denied, authenticationFailures }: AlarmsProps): void {
    this.#add('OpenIntents', {
      metric: wardenMetric(service, 'OpenIntents'),
      periods: 3,
      description: 'Kills whose fate is unknown stay open, since their targets cannot be asked. See GET /audit.',
    });
    this.#add('AuthenticationFailures', {
      metric: new MathExpression({
        expression: 'FILL(denied, 0) + FILL(refused, 0)',
        usingMetrics: { denied, refused: wardenMetric(service, 'AuthenticationFailures') },
        period: Duration.minutes(5),
        label: 'authentication failures',
      }),
      threshold: authenticationFailures,
      description:
        'Many requests came without a valid identity or signature. Look at the access log for their addresses.',
    });
    this.#add('TargetDenied', {
      metric: sumOfValues(service, 'Errors', 'code', LOGIN_FAULTS),
      periods: 2,
      description: 'A target refuses our login. Compare its secret with its account: warden doctor.',
    });
  }

  #watchQueues(queues: readonly IQueue[]): void {
    for (const queue of queues)
      this.#add(`${queue.node.id}NotEmpty`, {
        metric: queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
        description: `${queue.node.id} holds what failed for good. Each message says what it was; see docs/deploy.md.`,
      });
  }

  #watchFunctions(functions: AlarmsProps['functions']): void {
    for (const area of ['looks', 'kills', 'fleet', 'chat'] as const) {
      const members = [...functions].filter(([name]) => FUNCTIONS[name].area === area).map(([, made]) => made);
      if (members.length === 0) continue;
      this.#add(`${area}-errors`, {
        metric: sumOf(area, 'errors', members, (made) => made.metricErrors()),
        description: `Functions of ${area} failed: a crash, a time-out or too little memory. Look at their logs.`,
      });
      this.#add(`${area}-throttles`, {
        metric: sumOf(area, 'throttles', members, (made) => made.metricThrottles()),
        periods: 3,
        description: `Functions of ${area} were throttled. Raise concurrency, if the databases bear it.`,
      });
    }
  }

  #add(id: string, { metric, threshold = 1, periods = 1, description }: Watch): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: description,
    });
    this.#made.push(alarm);
  }
}

/** What a metric counts under some values of a dimension; no data is none. */
function sumOfValues(service: string, name: MetricName, dimension: string, values: readonly string[]): IMetric {
  const metricOf = (value: string) => wardenMetric(service, name, { dimensions: { [dimension]: value } });
  return new MathExpression({
    expression: values.map((_, at) => `FILL(m${at}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(values.map((value, at) => [`m${at}`, metricOf(value)])),
    period: Duration.minutes(5),
    label: `${name} of some`,
  });
}

/** CloudWatch takes ten metrics in one alarm's expression. */
function sumOf(
  area: Area,
  what: string,
  functions: readonly LambdaFunction[],
  metricOf: (made: LambdaFunction) => Metric,
): IMetric {
  const usingMetrics = Object.fromEntries(functions.map((made, at) => [`m${at}`, metricOf(made)]));
  return new MathExpression({
    expression: `SUM([${Object.keys(usingMetrics).join(', ')}])`,
    usingMetrics,
    period: Duration.minutes(5),
    label: `${area} ${what}`,
  });
}
