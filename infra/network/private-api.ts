import { Stack } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  AuthorizationType,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import {
  type IInterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import { AccountPrincipal, AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge-wildcards.ts';
import { type ApiRoute, accessLogGroup } from './http-api.ts';
import { ofThisAccount } from './network.ts';

/** What a private API is made of. */
export interface PrivateApiProps {
  readonly routes: readonly ApiRoute[];
  readonly throttle: { readonly rate: number; readonly burst: number };
  readonly logRetention: RetentionDays;
  readonly encryptionKey: IKey;
  readonly vpc: IVpc;
  readonly vpcSubnets: SubnetSelection;
  /** One that the VPC has already; otherwise one is made. */
  readonly endpoint: IInterfaceVpcEndpoint | undefined;
}

const STAGE = 'v1';

/** As that of the public APIs: no header, query or path. */
const ACCESS_LOG = {
  time: '$context.requestTime',
  requestId: '$context.requestId',
  ip: '$context.identity.sourceIp',
  route: '$context.httpMethod $context.resourcePath',
  status: '$context.status',
  milliseconds: '$context.responseLatency',
  denied: '$context.error.message',
  integration: '$context.integrationErrorMessage',
};

/**
 * A REST API that is reached by one interface endpoint of the VPC and nothing else, with requests that are signed; its
 * functions are invoked with payload 1.0. An HTTP API cannot be private.
 */
export class PrivateApi extends Construct {
  readonly api: RestApi;
  readonly accessLog: LogGroup;
  readonly endpoint: IInterfaceVpcEndpoint;
  /** The address of the API at its endpoint, with a slash at the end: it needs no private DNS of the VPC. */
  readonly url: string;

  constructor(scope: Construct, id: string, { routes, throttle, vpc, vpcSubnets, endpoint, ...logs }: PrivateApiProps) {
    super(scope, id);
    this.endpoint = endpoint ?? this.#endpoint(vpc, vpcSubnets);
    this.accessLog = accessLogGroup(this, logs);
    this.api = new RestApi(this, 'Api', {
      description: 'Session Warden, for its VPC only',
      endpointConfiguration: { types: [EndpointType.PRIVATE], vpcEndpoints: [this.endpoint] },
      policy: byEndpointOnly(Stack.of(this).account, this.endpoint.vpcEndpointId),
      // The log's role is one setting for all APIs of an account and region: not a stack's to make or to take away.
      cloudWatchRole: false,
      deployOptions: {
        stageName: STAGE,
        accessLogDestination: new LogGroupLogDestination(this.accessLog),
        accessLogFormat: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
        throttlingRateLimit: throttle.rate,
        throttlingBurstLimit: throttle.burst,
        metricsEnabled: true,
      },
    });
    for (const { method, path, target } of routes)
      this.api.root.resourceForPath(path).addMethod(method, new LambdaIntegration(target, { allowTestInvoke: false }), {
        authorizationType: AuthorizationType.IAM,
      });
    const { region, urlSuffix } = Stack.of(this);
    this.url = `https://${this.api.restApiId}-${this.endpoint.vpcEndpointId}.execute-api.${region}.${urlSuffix}/${STAGE}/`;
    acknowledge(this.api, {
      'AwsSolutions-APIG2': 'Functions read each request strictly, and name the field that is wrong.',
      'AwsSolutions-APIG3': 'Nothing from the internet reaches it.',
      'AwsSolutions-APIG6':
        'The access log has a line for each request; execution logs would not be encrypted with the key.',
      'AwsSolutions-COG4': 'Requests are signed by AWS principals.',
    });
  }

  #endpoint(vpc: IVpc, subnets: SubnetSelection): IInterfaceVpcEndpoint {
    const securityGroup = new SecurityGroup(this, 'Callers', {
      vpc,
      description: 'Callers of Session Warden within the VPC',
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(Peer.ipv4(vpc.vpcCidrBlock), Port.tcp(443), 'callers in the VPC');
    const made = vpc.addInterfaceEndpoint('Warden-executeApi', {
      service: InterfaceVpcEndpointAwsService.APIGATEWAY,
      subnets,
      securityGroups: [securityGroup],
      open: false,
      // With it no public API of anybody could be reached from the VPC.
      privateDnsEnabled: false,
    });
    made.addToPolicy(ofThisAccount(this, ['execute-api:Invoke']));
    return made;
  }
}

/** Principals of the account, as far as their own policies go, and by this endpoint only. */
function byEndpointOnly(account: string, endpoint: string): PolicyDocument {
  const what = { actions: ['execute-api:Invoke'], resources: ['execute-api:/*'] };
  return new PolicyDocument({
    statements: [
      new PolicyStatement({
        ...what,
        principals: [new AccountPrincipal(account)],
        conditions: { StringEquals: { 'aws:SourceVpce': endpoint } },
      }),
      new PolicyStatement({
        ...what,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        conditions: { StringNotEquals: { 'aws:SourceVpce': endpoint } },
      }),
    ],
  });
}
