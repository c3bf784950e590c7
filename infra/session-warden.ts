import { Duration, Names } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Alarm, Dashboard, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Connections, IConnectable } from 'aws-cdk-lib/aws-ec2';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { MetricName } from '../lib/telemetry/metrics.ts';
import { AuditTrail } from './audit-trail.ts';
import { wireChats } from './chat.ts';
import { checkChats, checkProps, loadWardenConfig, signInOf } from './check-props.ts';
import { FUNCTIONS, type FunctionName } from './function-table.ts';
import { wardenDashboard } from './monitoring/dashboard.ts';
import { type MetricView, wardenMetric } from './monitoring/warden-metrics.ts';
import { watch } from './monitoring/watch.ts';
import { type Apis, wardenApis } from './network/apis.ts';
import { Network } from './network/network.ts';
import type { SessionWardenProps } from './props.ts';
import { Storage } from './storage.ts';
import { type FunctionSettings, wardenFunction } from './warden-function.ts';
import { wireFleet, workerSeconds } from './wire-fleet.ts';

/**
 * Sees and ends database sessions, as Lambda functions in your VPC, with an API, a record, and reapers on a schedule.
 *
 * ```ts
 * new SessionWarden(this, 'Warden', { vpc, config: 'warden.yaml', secretPrefix: 'warden/', api: { iam: true } });
 * ```
 */
export class SessionWarden extends Construct implements IConnectable {
  /** The API for JWTs, or where there is none the one for signed requests. Webhooks of chats come here. None with {@link privateApi}. */
  readonly api?: HttpApi;
  /** The API for signed requests, where both are made. */
  readonly iamApi?: HttpApi;
  /** The one that the VPC alone reaches, where that is wanted. */
  readonly privateApi?: RestApi;
  /** Where the API is, with a slash at the end. */
  readonly url: string;
  /** Where the console is, which is its redirect URI at the issuer too; with {@link SessionWardenProps.console} and an issuer only. */
  readonly consoleUrl?: string;
  /** The record of who ended what. It stays when the stack goes. */
  readonly auditTable: ITable | Table;
  /** Every change of the record, write-once; with {@link SessionWardenProps.auditTrail} only. */
  readonly auditTrail?: IBucket;
  /** The stop, and what is short-lived: idempotency keys, requests of chats. */
  readonly stateTable: ITable | Table;
  /** Encrypts tables, queues, logs and topic. */
  readonly encryptionKey: IKey;
  /** By their names in `functions/`; those of chats are there with secrets of chats only. */
  readonly functions: Readonly<Partial<Record<FunctionName, LambdaFunction>>>;
  /** Orders of the planner for the workers. */
  readonly queue: Queue;
  /** Orders that failed for good. */
  readonly deadLetterQueue: Queue;
  /** Events that could not be delivered or worked on: of schedules and chats. */
  readonly failedEvents: Queue;
  readonly dashboard: Dashboard;
  readonly alarms: readonly Alarm[];
  /** Where alarms go, with `alarms.email` only. */
  readonly alarmTopic?: ITopic;
  /** Of the functions that open databases: `cluster.connections.allowDefaultPortFrom(warden)`. */
  readonly connections: Connections;

  readonly #service: string;
  readonly #apis: Apis;

  /** @throws Error for a configuration that is not valid, with file and line, and for props that cannot be meant */
  constructor(scope: Construct, id: string, props: SessionWardenProps) {
    super(scope, id);
    checkProps(props);
    const config = loadWardenConfig(props.config);
    checkChats(config, props);
    const { logRetention = RetentionDays.THREE_MONTHS, chatSecrets } = props;
    const service = props.service ?? Names.uniqueResourceName(this, { maxLength: 64, separator: '-' });
    this.#service = service;
    const seconds = workerSeconds(config);

    const storage = new Storage(this, 'Storage', {
      ...props,
      workerSeconds: seconds,
      ...(chatSecrets && { chatWorkerSeconds: FUNCTIONS['chat-worker'].timeout }),
    });
    const { chatQueue, encryptionKey } = storage;
    const retention = props.auditRetention ?? Duration.days(400);
    if (props.auditTrail)
      this.auditTrail = new AuditTrail(this, 'AuditTrail', {
        ...storage,
        // Checked above: a table that is given has one.
        streamArn: storage.auditTable.tableStreamArn ?? '',
        tableKey: storage.auditKey,
        retention,
        logRetention,
      }).bucket;
    const signIn = signInOf(this, props);
    const network = new Network(this, 'Network', { ...props, encryptionKey });
    const secrets = new Map(Object.entries(chatSecrets ?? {}));
    const settings: FunctionSettings = {
      config,
      service,
      logRetention,
      memorySize: props.memorySize ?? 512,
      architecture: props.architecture,
      tracing: props.tracing,
      place: {
        vpc: props.vpc,
        vpcSubnets: network.vpcSubnets,
        securityGroups: [network.securityGroup, ...(props.securityGroups ?? [])],
      },
      resources: {
        ...storage,
        scope: this,
        secrets: {
          ...(props.secretPrefix !== undefined && { prefix: props.secretPrefix }),
          ...(props.secretTag && { tag: props.secretTag }),
          keys: props.secretKeys ?? [],
          rdsIamUsers: props.rdsIamUsers ?? [],
        },
        auditRetentionDays: retention.toDays(),
        ...(chatQueue && { chat: { secrets, queue: chatQueue } }),
        ...(signIn !== undefined && { signIn }),
      },
    };
    const made = new Map<FunctionName, LambdaFunction>();
    const make = (name: FunctionName): LambdaFunction => {
      const reserved = reservedFor(name, props.concurrency);
      const one = wardenFunction(this, name, settings, { timeout: seconds, reservedConcurrency: reserved });
      made.set(name, one);
      return one;
    };

    const channels = new Set(secrets.keys());
    const chatRoutes = chatQueue ? wireChats({ make, channels, queue: chatQueue, ...storage }) : [];
    const { vpc } = props;
    const { vpcSubnets } = network;
    const apis = wardenApis(this, {
      options: props.api,
      make,
      chatRoutes,
      hasConsole: signIn !== undefined,
      logRetention,
      encryptionKey,
      vpc,
      vpcSubnets,
    });
    wireFleet(this, { make, ...storage, workers: workersOf(props.concurrency) });

    this.#apis = apis;
    this.url = apis.url;
    if (signIn !== undefined) this.consoleUrl = `${apis.url}console/index.html`;
    if (apis.first) this.api = apis.first;
    if (apis.second) this.iamApi = apis.second;
    if (apis.private) this.privateApi = apis.private.api;
    this.functions = Object.fromEntries(made);
    this.auditTable = storage.auditTable;
    this.stateTable = storage.stateTable;
    this.encryptionKey = storage.encryptionKey;
    this.queue = storage.reapQueue;
    this.deadLetterQueue = storage.reapDeadLetters;
    this.failedEvents = storage.failedEvents;
    this.connections = network.connections;
    this.dashboard = wardenDashboard(this, { service, functions: [...made.values()], ...storage });
    const watched = watch(this, {
      service,
      config,
      functions: made,
      apis: apis.all,
      storage,
      options: props.alarms,
    });
    this.alarms = watched.alarms;
    if (watched.topic) this.alarmTopic = watched.topic;
  }

  /**
   * A metric of this deployment, for alarms and dashboards of your own: `warden.metric('Kills')`.
   *
   * @param view its period in minutes, its dimensions besides `service`, and its label
   */
  metric(name: MetricName, view?: MetricView): Metric {
    return wardenMetric(this.#service, name, view);
  }

  /**
   * Lets a principal of AWS call every route of the API for signed requests; what it may do there, access rules in
   * warden.yaml say.
   *
   * @throws Error where no API takes signed requests
   */
  grantApiAccess(grantee: IGrantable): Grant {
    const { signed } = this.#apis;
    if (signed === undefined) throw new Error('grantApiAccess: no API takes signed requests: write api.iam: true.');
    return Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns: [signed] });
  }
}

const REQUESTS = 10;
const WORKERS = 20;

const workersOf = (concurrency: SessionWardenProps['concurrency']): number =>
  concurrency === 'unreserved' ? WORKERS : (concurrency?.workers ?? WORKERS);

/** Only what opens databases is limited, and each by itself: a storm of lists then starves no kill. */
function reservedFor(name: FunctionName, concurrency: SessionWardenProps['concurrency']): number | undefined {
  if (concurrency === 'unreserved' || !FUNCTIONS[name].inside) return undefined;
  if (name === 'reap-target') return workersOf(concurrency);
  return name === 'sweep-audit' ? 1 : (concurrency?.requests ?? REQUESTS);
}
