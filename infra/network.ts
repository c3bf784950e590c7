import {
  Connections,
  GatewayVpcEndpointAwsService,
  type IConnectable,
  InterfaceVpcEndpointAwsService,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { dynamoDbPrefixList } from './dynamodb-prefix-list.ts';
import type { DatabaseOptions, EndpointOptions } from './props.ts';

/** What the place of the functions inside depends on. */
export interface NetworkProps {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection | undefined;
  readonly databases?: DatabaseOptions | undefined;
  readonly endpoints?: EndpointOptions | undefined;
}

const PORTS = [3306, 2881, 2883];
const HTTPS = Port.tcp(443);
const SERVICES = {
  secretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  sqs: InterfaceVpcEndpointAwsService.SQS,
  ssm: InterfaceVpcEndpointAwsService.SSM,
} as const;

/** The place of the functions inside: a security group that reaches databases and the endpoints of AWS, and nothing else. */
export class Network extends Construct implements IConnectable {
  readonly vpcSubnets: SubnetSelection;
  readonly securityGroup: SecurityGroup;
  /** For `database.connections.allowDefaultPortFrom(warden)`. */
  readonly connections: Connections;

  constructor(scope: Construct, id: string, { vpc, vpcSubnets, databases = {}, endpoints = {} }: NetworkProps) {
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
    this.reachDynamoDb(vpc, endpoints);
    this.reachInterfaces(vpc, endpoints);
  }

  private reachDynamoDb(vpc: IVpc, { dynamoDb = true, dynamoDbPrefixList: given }: EndpointOptions): void {
    if (dynamoDb)
      vpc.addGatewayEndpoint('WardenDynamoDb', {
        service: GatewayVpcEndpointAwsService.DYNAMODB,
        subnets: [this.vpcSubnets],
      });
    this.securityGroup.addEgressRule(Peer.prefixList(given ?? dynamoDbPrefixList(this)), HTTPS, 'DynamoDB');
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
      vpc.addInterfaceEndpoint(`Warden-${name}`, {
        service,
        subnets: this.vpcSubnets,
        securityGroups: [securityGroup],
        open: false,
      });
  }
}
