import type { Duration } from 'aws-cdk-lib';
import type { IDomainName } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IInterfaceVpcEndpoint, IPeer, ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ChannelFunction } from './function-table.ts';

/** Who may call the API: tokens, signed requests, or both, each with an API of its own and the same routes; or the VPC alone. */
export interface ApiOptions {
  /** People and programs with a token of an OpenID Connect issuer. */
  readonly jwt?: {
    /** The issuer's URL, `https://…`, exactly as in the token's `iss`. */
    readonly issuer: string;
    /** What `aud` (or `client_id`) of a token may be. */
    readonly audience: readonly string[];
    /**
     * Scopes of which a token must have one. An issuer puts them into access tokens, so its ID tokens do not pass then.
     * Default: none is asked for.
     */
    readonly scopes?: readonly string[];
    /** The same for what ends sessions. Default: as {@link scopes}. */
    readonly killScopes?: readonly string[];
  };
  /** AWS principals who may `execute-api:Invoke` on it, with signed requests. Default: no. */
  readonly iam?: boolean;
  /**
   * No public endpoint: a private REST API, reached by an interface endpoint of the VPC with signed requests. `true` makes
   * the endpoint; one that is there is taken. It works alone: without {@link jwt}, {@link iam}, and chats, which come from
   * the internet. Default: no.
   */
  readonly private?: boolean | IInterfaceVpcEndpoint;
  /**
   * A domain of your own for the API: for that of tokens, where both are made. Its address is then the only one.
   * Default: the one that AWS gives.
   */
  readonly domainName?: IDomainName;
  /** Requests a second, and at once, past which callers get 429. Default: 50 and 100. */
  readonly throttle?: { readonly rate: number; readonly burst: number };
}

/** How the console asks the issuer of {@link ApiOptions.jwt} for a token. */
export interface ConsoleOptions {
  /**
   * The console's own ID at the issuer: a public client, without a secret, with PKCE, whose redirect URI is
   * {@link SessionWarden.consoleUrl}. Default: the first audience, which is right for Amazon Cognito.
   */
  readonly clientId?: string;
  /** What it asks for, with `openid`. Default: `openid`, and every scope that a route of the API asks for. */
  readonly scopes?: readonly string[];
  /** The API as the issuer knows it, where it wants the parameter `resource` of RFC 8707. Default: none is sent. */
  readonly resource?: string;
  /** The same where it wants the parameter `audience`, as Auth0 does. Default: none is sent. */
  readonly audience?: string;
  /**
   * Origins, `https://…`, of the issuer's endpoints for tokens and revocation, where they are not at the issuer's own. Those
   * of Amazon Cognito are at the domain of the user pool. Default: none.
   */
  readonly origins?: readonly string[];
}

/** Which databases the functions may reach. */
export interface DatabaseOptions {
  /** Networks or security groups of the databases. Default: the CIDR block of the VPC. */
  readonly peers?: readonly IPeer[];
  /** Their TCP ports. Default: 3306 (MySQL, MariaDB), 2881 and 2883 (OceanBase and its proxy). */
  readonly ports?: readonly number[];
}

/**
 * The ways from the functions inside to AWS. `true`, the default, makes an endpoint; `false` says that the VPC has one
 * already, with private DNS, that is reached within the VPC's CIDR block.
 */
export interface EndpointOptions {
  /** A gateway endpoint, free of charge, in the route tables of the functions' subnets. */
  readonly dynamoDb?: boolean;
  readonly secretsManager?: boolean;
  readonly sqs?: boolean;
  /**
   * The region's prefix list for DynamoDB, `pl-…`, to which the functions may speak. Default: it is looked up
   * where the stack says its account and region; otherwise a custom resource asks for it at deployment.
   */
  readonly dynamoDbPrefixList?: string;
}

/** How many environments of one function may run at once. Each holds at most one connection to a database at a time. */
export interface ConcurrencyOptions {
  /** Of each function behind the API that talks to databases; past it callers get 503. Default: 10. */
  readonly requests?: number;
  /** Of the workers that reap, which take up to 10 targets each. Default: 20, at least 2. */
  readonly workers?: number;
}

/** How calls are traced. Nothing is traced in our own code until a layer with an OpenTelemetry SDK is there. */
export interface TracingOptions {
  /** X-Ray's active tracing, which shows Lambda's own segments. Give `false` in a region that does not offer it. Default: true. */
  readonly active?: boolean;
  /**
   * The ARN of a layer with an OpenTelemetry SDK for the functions' architecture, such as ADOT's
   * `AWSOpenTelemetryDistroJs`. It adds to every cold start. Functions in a VPC reach its exporter only where the VPC has
   * a way to it, such as an endpoint of X-Ray. Default: none.
   *
   * @see https://aws-otel.github.io/docs/getting-started/lambda for the ARN of each region
   */
  readonly layerArn?: string;
  /** What the layer reads. Default: `AWS_LAMBDA_EXEC_WRAPPER=/opt/otel-instrument`, which is ADOT's. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Who is told, and when. */
export interface AlarmOptions {
  /** What every alarm does, such as `new SnsAction(topic)`. Default: nothing, the alarms are only seen. */
  readonly actions?: readonly IAlarmAction[];
  /** Makes a topic that every alarm writes to, and subscribes this address. */
  readonly email?: string;
  /** Requests in five minutes that were refused for want of an identity. Default: 20. */
  readonly authenticationFailures?: number;
  /** Sessions and statements ended in five minutes that are unusual. Default: 200. */
  readonly kills?: number;
  /** Refusals in five minutes that are unusual. Default: 50. */
  readonly refusals?: number;
}

/** What a deployment needs to know. Only `vpc`, `config`, `api`, and a prefix or a tag, must be given. */
export interface SessionWardenProps {
  /** Where the databases are reached. Functions that open databases stand in it, all others outside any VPC. */
  readonly vpc: IVpc;
  /** Subnets of these functions. Default: isolated ones, else those with egress; none needs a way to the internet. */
  readonly vpcSubnets?: SubnetSelection;
  /** Security groups that these functions are in besides the one that is made for them, such as one that databases let in already. */
  readonly securityGroups?: readonly ISecurityGroup[];
  /** The path of warden.yaml. It is validated here: one that is wrong fails synthesis with file and line. */
  readonly config: string;
  /** What the names of all secrets begin with that are targets, such as `warden/`. */
  readonly secretPrefix?: string;
  /** A tag that all secrets of targets bear. With a prefix, both must hold. */
  readonly secretTag?: { readonly key: string; readonly value: string };
  /** ARNs of customer managed keys that encrypt secrets of targets. Default: they use `aws/secretsmanager`. */
  readonly secretKeys?: readonly string[];
  /** ARNs for `rds-db:connect`, `arn:aws:rds-db:REGION:ACCOUNT:dbuser:RESOURCE/USER`, of targets with `"auth": "iam"`. Default: none. */
  readonly rdsIamUsers?: readonly string[];
  readonly api: ApiOptions;
  /**
   * Serves the console, a page on top of the API, to people who sign in at the issuer of {@link ApiOptions.jwt}. Where there is
   * none, there is no console, and a warning says so. Default: no.
   */
  readonly console?: boolean | ConsoleOptions;
  /**
   * The secret of each chat platform, of its own, so that the function that receives from one can read no other's. Their
   * names are no target's. Default: no chats, and none of their functions.
   */
  readonly chatSecrets?: Readonly<Partial<Record<ChannelFunction, ISecret>>>;
  readonly databases?: DatabaseOptions;
  readonly endpoints?: EndpointOptions;
  /** `unreserved` for accounts whose limit is too small to reserve any. */
  readonly concurrency?: ConcurrencyOptions | 'unreserved';
  /**
   * An audit table that is there already, with the keys and indexes of `lib/state/tables.ts`, such as that of an earlier
   * deployment. One imported by its name tells no key: then {@link encryptionKey} must be the one that encrypts it, or no
   * record can be written and no kill is sent. Default: one is made, and stays when the stack goes.
   */
  readonly auditTable?: ITable;
  /**
   * Streams every change of the audit table to a bucket where no one deletes or overwrites anything until the retention and
   * 30 days are over, not even the account's root, and where `warden audit verify` finds what was changed afterwards. An
   * {@link auditTable} that is given must have a stream with new and old images, and tell its ARN. It needs EventBridge Pipes,
   * which GovCloud has not. Default: no.
   */
  readonly auditTrail?: boolean;
  /**
   * A state table that is there already, with the key of `lib/state/tables.ts` and {@link encryptionKey}: a stop and requests
   * that wait outlive the stack then. Default: one is made, and goes with the stack.
   */
  readonly stateTable?: ITable;
  /** How long a record is kept. Default: 400 days. */
  readonly auditRetention?: Duration;
  /**
   * Encrypts tables, queues, logs and topic. One that is imported must let `logs.<region>.amazonaws.com`, and for the topic
   * of {@link AlarmOptions.email} `cloudwatch.amazonaws.com`, use it by a policy of its own (docs/deploy.md has it).
   * Default: one is made, rotated each year.
   */
  readonly encryptionKey?: IKey;
  /** Default: three months. */
  readonly logRetention?: RetentionDays;
  /** Megabytes of each function; processor time grows with it. Default: 512. */
  readonly memorySize?: number;
  /** Default: `Architecture.ARM_64`, which costs less for the same time. */
  readonly architecture?: Architecture;
  readonly tracing?: TracingOptions;
  readonly alarms?: AlarmOptions;
  /** The dimension `service` of its metrics, for one deployment to be told from another. Default: made from the path of the construct. */
  readonly service?: string;
}
