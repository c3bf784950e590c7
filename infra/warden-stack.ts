import { CfnOutput, Stack } from 'aws-cdk-lib';
import { FlowLogDestination, IpAddresses, type IVpc, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { SessionWarden } from './session-warden.ts';
import { readStage, type StageContext } from './stage-context.ts';

/** Session Warden as a stack of its own, told what to be by the context: `cdk deploy -c vpc=vpc-… -c issuer=…`. */
export class WardenStack extends Stack {
  constructor(scope: Construct) {
    const context = readStage(scope.node);
    const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
    super(scope, `SessionWarden-${context.stage}`, {
      description: `Session Warden, stage ${context.stage}`,
      // A VPC that is looked up needs a place; without one the template is good for any.
      ...(context.vpc !== undefined && account !== undefined && region !== undefined && { env: { account, region } }),
    });
    const { config, issuer, audience, iam, email } = context;
    const warden = new SessionWarden(this, 'Warden', {
      vpc: this.#vpc(context),
      config,
      secretPrefix: context.secretPrefix,
      api: { iam, ...(issuer !== undefined && { jwt: { issuer, audience } }) },
      service: `session-warden-${context.stage}`,
      ...(context.secretKeys.length > 0 && { secretKeys: context.secretKeys }),
      ...(context.rdsIamUsers.length > 0 && { rdsIamUsers: context.rdsIamUsers }),
      ...(context.chatSecret !== undefined && {
        chatSecret: Secret.fromSecretNameV2(this, 'ChatSecret', context.chatSecret),
      }),
      ...(context.unreserved && { concurrency: 'unreserved' as const }),
      ...(email !== undefined && { alarms: { email } }),
    });
    const outputs = {
      Url: warden.url,
      AuditTable: warden.auditTable.tableName,
      EncryptionKey: warden.encryptionKey.keyArn,
      StopParameter: warden.stopParameter,
      DeadLetterQueue: warden.deadLetterQueue.queueUrl,
      SecurityGroup: warden.connections.securityGroups.map(({ securityGroupId }) => securityGroupId).join(),
      ...(warden.iamApi && { IamUrl: warden.iamApi.apiEndpoint }),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }

  /** The VPC that is named, or one of its own without any way out, to be peered with those of the databases. */
  #vpc({ vpc, cidr }: StageContext): IVpc {
    if (vpc !== undefined) return Vpc.fromLookup(this, 'Vpc', { vpcId: vpc });
    const logs = new LogGroup(this, 'FlowLogs', { retention: RetentionDays.ONE_MONTH });
    // CDK's own types do not agree under exactOptionalPropertyTypes.
    const made: Omit<IVpc, 'vpnGatewayId'> = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(cidr),
      maxAzs: 2,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'functions', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 26 }],
      flowLogs: { all: { destination: FlowLogDestination.toCloudWatchLogs(logs) } },
    });
    return made;
  }
}
