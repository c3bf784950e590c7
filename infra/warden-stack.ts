import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import {
  FlowLogDestination,
  type IInterfaceVpcEndpoint,
  InterfaceVpcEndpoint,
  IpAddresses,
  type IVpc,
  Peer,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { NO_CONSOLE } from './check-props.ts';
import type { ChannelFunction } from './function-table.ts';
import type { ConsoleOptions, SessionWardenProps } from './props.ts';
import { SessionWarden } from './session-warden.ts';
import { readStage, type StageContext } from './stage-context.ts';

const ARCHITECTURES = { arm64: 'ARM_64', x86_64: 'X86_64' } as const;

/** Session Warden as a stack of its own, told what to be by the context: `cdk deploy -c vpc=vpc-… -c issuer=…`. */
export class WardenStack extends Stack {
  constructor(scope: Construct) {
    const context = readStage(scope.node);
    const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
    if (context.vpc !== undefined && (account === undefined || region === undefined))
      throw new Error('context vpc: it is looked up in your account: set AWS credentials and AWS_REGION.');
    super(scope, `SessionWarden-${context.stage}`, {
      description: `Session Warden, stage ${context.stage}`,
      // A VPC that is looked up needs a place; without one the template is good for any.
      ...(context.vpc !== undefined && account !== undefined && region !== undefined && { env: { account, region } }),
    });
    const vpc = this.#vpc(context);
    const warden = new SessionWarden(this, 'Warden', {
      vpc,
      service: `session-warden-${context.stage}`,
      ...this.#given(context),
    });
    if (context.vpc === undefined) {
      const { encryptionKey } = warden;
      const logs = new LogGroup(this, 'FlowLogs', { retention: RetentionDays.ONE_MONTH, encryptionKey });
      vpc.addFlowLog('all', { destination: FlowLogDestination.toCloudWatchLogs(logs) });
    }
    const outputs = {
      Url: warden.url,
      ...(context.console && { ConsoleUrl: warden.consoleUrl ?? NO_CONSOLE }),
      AuditTable: warden.auditTable.tableName,
      EncryptionKey: warden.encryptionKey.keyArn,
      DeadLetterQueue: warden.deadLetterQueue.queueUrl,
      SecurityGroup: warden.connections.securityGroups.map(({ securityGroupId }) => securityGroupId).join(),
      ...(warden.auditTrail && { AuditTrail: warden.auditTrail.bucketName }),
      ...(warden.iamApi && { IamUrl: warden.iamApi.apiEndpoint }),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }

  #given(context: StageContext): Omit<SessionWardenProps, 'vpc'> {
    const { config, secretPrefix, secretTag, secretKeys, rdsIamUsers } = context;
    const { issuer, audience, scopes, killScopes, email, chatSecrets, auditTable, auditRetentionDays: days } = context;
    const { databases: networks, ports, endpoints, dynamoDbPrefixList, requests, workers } = context;
    const encryptionKey = context.encryptionKey && Key.fromKeyArn(this, 'GivenKey', context.encryptionKey);
    return {
      config,
      ...(secretPrefix !== undefined && { secretPrefix }),
      ...(secretTag && { secretTag }),
      ...(secretKeys && { secretKeys }),
      ...(rdsIamUsers && { rdsIamUsers }),
      api: {
        iam: context.iam,
        private: this.#private(context),
        ...(issuer !== undefined && {
          jwt: { issuer, audience, ...(scopes && { scopes }), ...(killScopes && { killScopes }) },
        }),
      },
      ...(context.console && { console: consoleOf(context) }),
      ...(chatSecrets && { chatSecrets: this.#chatSecrets(chatSecrets) }),
      databases: { ...(networks && { peers: networks.map((one) => Peer.ipv4(one)) }), ...(ports && { ports }) },
      endpoints: { ...endpoints, ...(dynamoDbPrefixList !== undefined && { dynamoDbPrefixList }) },
      concurrency: context.unreserved
        ? 'unreserved'
        : { ...(requests !== undefined && { requests }), ...(workers !== undefined && { workers }) },
      ...(encryptionKey && { encryptionKey }),
      ...(auditTable !== undefined && { auditTable: Table.fromTableName(this, 'GivenAuditTable', auditTable) }),
      ...(context.auditTrail && { auditTrail: true }),
      ...(days !== undefined && { auditRetention: Duration.days(days) }),
      ...(context.architecture && { architecture: Architecture[ARCHITECTURES[context.architecture]] }),
      tracing: {
        active: context.activeTracing,
        ...(context.tracingLayer !== undefined && { layerArn: context.tracingLayer }),
      },
      ...(email !== undefined && { alarms: { email } }),
    };
  }

  #private({ private: given }: StageContext): boolean | IInterfaceVpcEndpoint {
    if (typeof given === 'boolean') return given;
    return InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(this, 'GivenEndpoint', {
      vpcEndpointId: given,
      port: 443,
    });
  }

  #chatSecrets(names: ReadonlyMap<ChannelFunction, string>): NonNullable<SessionWardenProps['chatSecrets']> {
    return Object.fromEntries(
      [...names].map(([channel, name]) => [channel, Secret.fromSecretNameV2(this, `ChatSecret-${channel}`, name)]),
    );
  }

  /** The VPC that is named, or one of its own without any way out, to be peered with those of the databases. */
  #vpc({ vpc, cidr }: StageContext): IVpc {
    if (vpc !== undefined) return Vpc.fromLookup(this, 'Vpc', { vpcId: vpc });
    // CDK's own types do not agree under exactOptionalPropertyTypes.
    const made: Omit<IVpc, 'vpnGatewayId'> = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(cidr),
      maxAzs: 2,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'functions', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 26 }],
    });
    return made;
  }
}

const consoleOf = (context: StageContext): ConsoleOptions => {
  const { consoleClientId, consoleScopes, consoleResource, consoleAudience, consoleOrigins } = context;
  return {
    ...(consoleClientId !== undefined && { clientId: consoleClientId }),
    ...(consoleScopes && { scopes: consoleScopes }),
    ...(consoleResource !== undefined && { resource: consoleResource }),
    ...(consoleAudience !== undefined && { audience: consoleAudience }),
    ...(consoleOrigins && { origins: consoleOrigins }),
  };
};
