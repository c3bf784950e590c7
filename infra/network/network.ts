import { Stack, Token } from 'aws-cdk-lib';
import {
  Connections,
  GatewayVpcEndpointAwsService,
  type IConnectable,
  InterfaceVpcEndpointAwsService,
  type IVpc,
  Peer,
  Port,
  PrefixList,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge-wildcards.ts';
import type { DatabaseOptions, EndpointOptions } from '../props.ts';

/** What the place of the functions inside depends on. */
export interface NetworkProps {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection | undefined;
  readonly databases?: DatabaseOptions | undefined;
  readonly endpoints?: EndpointOptions | undefined;
  /** Encrypts the log of what looks the prefix list up. */
  readonly encryptionKey: IKey;
}

const PORTS = [3306, 2881, 2883];
const HTTPS = Port.tcp(443);
const SERVICES = {
  secretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  sqs: InterfaceVpcEndpointAwsService.SQS,
} as const;

/**
 * What an endpoint lets through: principals of this account, to what belongs to this account. Without it an attacker who gets
 * into the VPC could carry data to an account of their own.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
 */
export function ofThisAccount(scope: Construct, actions: readonly string[]): PolicyStatement {
  const { account } = Stack.of(scope);
  return new PolicyStatement({
    principals: [new AnyPrincipal()],
    actions: [...actions],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:PrincipalAccount': account, 'aws:ResourceAccount': account } },
  });
}

/** The place of the functions inside: a security group that reaches databases and the endpoints of AWS, and nothing else. */
export class Network extends Construct implements IConnectable {
  readonly vpcSubnets: SubnetSelection;
  readonly securityGroup: SecurityGroup;
  /** For `database.connections.allowDefaultPortFrom(warden)`. */
  readonly connections: Connections;

  constructor(
    scope: Construct,
    id: string,
    { vpc, vpcSubnets, databases = {}, endpoints = {}, encryptionKey }: NetworkProps,
  ) {
    super(scope, id);
    const subnetType = vpc.isolatedSubnets.length > 0 ? SubnetType.PRIVATE_ISOLATED : SubnetType.PRIVATE_WITH_EGRESS;
    this.vpcSubnets = vpcSubnets ?? { subnetType };
    this.securityGroup = new SecurityGroup(this, 'Functions', {
      vpc,
      description: 'Functions of Session Warden that open databases',
      allowAllOutbound: false,
    });
    this.connections = new Connections({ securityGroups: [this.securityGroup] });
    const { peers = [Peer.ipv4(vpc.vpcCidrBlock)], ports = PORTS } = databases;
    for (const peer of peers)
      for (const port of ports) this.securityGroup.addEgressRule(peer, Port.tcp(port), 'databases');
    this.reachDynamoDb(vpc, endpoints, encryptionKey);
    this.reachInterfaces(vpc, endpoints);
  }

  private reachDynamoDb(vpc: IVpc, { dynamoDb = true, dynamoDbPrefixList: given }: EndpointOptions, key: IKey): void {
    if (dynamoDb)
      vpc
        .addGatewayEndpoint('WardenDynamoDb', {
          service: GatewayVpcEndpointAwsService.DYNAMODB,
          subnets: [this.vpcSubnets],
        })
        .addToPolicy(ofThisAccount(this, ['dynamodb:*']));
    this.securityGroup.addEgressRule(Peer.prefixList(given ?? dynamoDbPrefixList(this, key)), HTTPS, 'DynamoDB');
  }

  private reachInterfaces(vpc: IVpc, endpoints: EndpointOptions): void {
    const wanted = Object.entries(SERVICES).filter(([name]) => endpoints[name as keyof typeof SERVICES] ?? true);
    if (wanted.length < Object.keys(SERVICES).length)
      this.securityGroup.addEgressRule(Peer.ipv4(vpc.vpcCidrBlock), HTTPS, 'endpoints that the VPC has');
    if (wanted.length === 0) return;
    const securityGroup = new SecurityGroup(this, 'Endpoints', {
      vpc,
      description: 'Endpoints of AWS for the functions of Session Warden',
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(this.securityGroup, HTTPS, 'functions');
    this.securityGroup.addEgressRule(securityGroup, HTTPS, 'endpoints');
    for (const [name, service] of wanted)
      vpc
        .addInterfaceEndpoint(`Warden-${name}`, {
          service,
          subnets: this.vpcSubnets,
          securityGroups: [securityGroup],
          open: false,
        })
        .addToPolicy(ofThisAccount(this, [`${name.toLowerCase()}:*`]));
  }
}

/** What CDK calls the function that runs custom resources of this kind; a stack has one. */
const PROVIDER = 'AWS679f53fac002430cb0da5b7982bd2287';

/**
 * The ID of the prefix list that holds DynamoDB's addresses in this region. A gateway endpoint routes to public addresses,
 * so a security group names them by this list. CDK looks it up where the stack says its account and region; where a template
 * is good for any, a custom resource asks at deployment.
 */
export function dynamoDbPrefixList(scope: Construct, encryptionKey: IKey): string {
  const { account, region } = Stack.of(scope);
  const prefixListName = `com.amazonaws.${region}.dynamodb`;
  if (!Token.isUnresolved(account) && !Token.isUnresolved(region))
    return PrefixList.fromLookup(scope, 'DynamoDbPrefixList', { prefixListName }).prefixListId;
  const lookup = new AwsCustomResource(scope, 'DynamoDbPrefixList', {
    onUpdate: {
      service: 'EC2',
      action: 'describeManagedPrefixLists',
      parameters: { Filters: [{ Name: 'prefix-list-name', Values: [prefixListName] }] },
      outputPaths: ['PrefixLists.0.PrefixListId'],
      physicalResourceId: PhysicalResourceId.of(prefixListName),
    },
    policy: AwsCustomResourcePolicy.fromStatements([
      new PolicyStatement({ actions: ['ec2:DescribeManagedPrefixLists'], resources: ['*'] }),
    ]),
    installLatestAwsSdk: false,
    logGroup: new LogGroup(scope, 'DynamoDbPrefixListLogs', { retention: RetentionDays.ONE_MONTH, encryptionKey }),
  });
  acknowledge(lookup, {
    'AwsSolutions-IAM5[Resource::*]': 'ec2:DescribeManagedPrefixLists takes no resource; it only reads.',
  });
  acknowledge(Stack.of(scope).node.findChild(PROVIDER), {
    [`AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]`]:
      "CDK's own function, which runs at deployment only; the policy lets it write its log.",
  });
  return lookup.getResponseField('PrefixLists.0.PrefixListId');
}
