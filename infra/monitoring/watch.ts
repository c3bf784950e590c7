import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { type Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnEventInvokeConfig, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { WardenConfig } from '../../lib/config/config.ts';
import type { FunctionName } from '../function-table.ts';
import { allow, allowVia } from '../permissions/grant.ts';
import type { AlarmOptions } from '../props.ts';
import type { Storage } from '../storage.ts';
import { Alarms } from './alarms.ts';

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
