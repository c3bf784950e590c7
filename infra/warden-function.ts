import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Effect, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Function as LambdaFunction,
  LayerVersion,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { WardenConfig } from '../lib/config/config.ts';
import { acknowledgeWildcards } from './acknowledge-wildcards.ts';
import { functionCode } from './function-code.ts';
import { FUNCTIONS, type FunctionName } from './function-table.ts';
import { CAPABILITIES } from './permissions/capabilities.ts';
import { allow, type Resources } from './permissions/grant.ts';
import type { TracingOptions } from './props.ts';

/** What all functions of a deployment share. */
export interface FunctionSettings {
  readonly config: WardenConfig;
  readonly resources: Resources;
  /** Where the functions inside stand. */
  readonly place: {
    readonly vpc: IVpc;
    readonly vpcSubnets: SubnetSelection;
    readonly securityGroups: ISecurityGroup[];
  };
  readonly logRetention: RetentionDays;
  /** Megabytes. */
  readonly memorySize: number;
  readonly architecture: Architecture | undefined;
  readonly tracing: TracingOptions | undefined;
  /** The dimension `service` of all metrics. */
  readonly service: string;
}

/** What one function has besides. */
export interface FunctionOptions {
  /** Seconds, where the table of functions names none. */
  readonly timeout?: number;
  readonly reservedConcurrency?: number | undefined;
}

/**
 * What Lambda itself needs to place a function in a VPC; none of it takes a resource.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
const NETWORK_INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

const ADOT = { AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-instrument' };

/** Makes a function, its log group and a role with what the table of functions says, and nothing more. */
export function wardenFunction(
  scope: Construct,
  name: FunctionName,
  { config, resources, place, logRetention, memorySize, architecture, tracing = {}, service }: FunctionSettings,
  options: FunctionOptions = {},
): LambdaFunction {
  const traits = FUNCTIONS[name];
  const grants = traits.may.map((capability) => CAPABILITIES[capability](resources, name));
  const logGroup = new LogGroup(scope, `${name}-logs`, {
    retention: logRetention,
    encryptionKey: resources.encryptionKey,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, `${name}-role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `Session Warden: ${name}`,
  });
  role.addToPolicy(allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]));
  for (const { statements } of grants) for (const statement of statements) role.addToPolicy(statement);
  if (traits.inside) role.addToPolicy(allow(NETWORK_INTERFACES, ['*']));
  // With active tracing CDK allows the same.
  if (tracing.active === false && tracing.layerArn !== undefined)
    role.addToPolicy(allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*']));

  const made = new LambdaFunction(scope, name, {
    description: `Session Warden: ${name}`,
    runtime: Runtime.NODEJS_24_X,
    architecture: architecture ?? Architecture.ARM_64,
    handler: 'index.handler',
    code: functionCode(scope, name, traits.config ? config : undefined),
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    tracing: tracing.active === false ? Tracing.DISABLED : Tracing.ACTIVE,
    ...(tracing.layerArn !== undefined && {
      layers: [LayerVersion.fromLayerVersionArn(scope, `${name}-tracing`, tracing.layerArn)],
    }),
    memorySize,
    timeout: Duration.seconds(traits.timeout ?? options.timeout ?? 60),
    environment: {
      ...(traits.config && { WARDEN_CONFIG: 'warden.json' }),
      POWERTOOLS_SERVICE_NAME: service,
      ...(tracing.layerArn !== undefined && (tracing.environment ?? ADOT)),
      ...Object.assign({}, ...grants.map(({ environment }) => environment)),
    },
    ...(options.reservedConcurrency !== undefined && { reservedConcurrentExecutions: options.reservedConcurrency }),
    ...(traits.inside && place),
  });
  if (traits.inside) keepForLambda(scope, name, role, made);
  acknowledgeWildcards(role, name, resources);
  return made;
}

/**
 * The function's own code may not do what its role does for Lambda. A policy of its own, since it names the function.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
 */
function keepForLambda(scope: Construct, name: string, role: Role, made: LambdaFunction): void {
  new Policy(scope, `${name}-no-network-interfaces`, {
    roles: [role],
    statements: [
      new PolicyStatement({
        effect: Effect.DENY,
        actions: NETWORK_INTERFACES,
        resources: ['*'],
        conditions: { ArnEquals: { 'lambda:SourceFunctionArn': made.functionArn } },
      }),
    ],
  });
}
