import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  type IDomainName,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge-wildcards.ts';

/** A route and who answers it. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** It has no authorizer. */
  readonly anonymous: boolean;
  /** Why that is right; needed where it is anonymous. */
  readonly reason?: string;
  readonly target: IFunction;
  /** A token must have one of them; empty where none is asked for. */
  readonly scopes?: readonly string[];
}

/** What an API is made of. */
export interface WardenApiProps {
  readonly routes: readonly ApiRoute[];
  readonly authorizer: IHttpRouteAuthorizer;
  readonly domainName?: IDomainName | undefined;
  readonly throttle: { readonly rate: number; readonly burst: number };
  readonly logRetention: RetentionDays;
  readonly encryptionKey: IKey;
}

/**
 * One line for each request. No header, query or path: a token, a reason or a filter may hold what no log should; the
 * functions' own logs name targets. `denied` is there where the gateway itself refused.
 */
const ACCESS_LOG = {
  time: '$context.requestTime',
  requestId: '$context.requestId',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  milliseconds: '$context.responseLatency',
  denied: '$context.error.message',
  authorizer: '$context.authorizer.error',
  integration: '$context.integrationErrorMessage',
};

/** Where an API writes a line for each request. */
export const accessLogGroup = (
  scope: Construct,
  { logRetention, encryptionKey }: { readonly logRetention: RetentionDays; readonly encryptionKey: IKey },
): LogGroup =>
  new LogGroup(scope, 'AccessLog', {
    retention: logRetention,
    encryptionKey,
    removalPolicy: RemovalPolicy.DESTROY,
  });

/** An HTTP API with one authorizer, throttled, with an access log. */
export class WardenApi extends Construct {
  readonly api: HttpApi;
  readonly accessLog: LogGroup;
  /** With a slash at the end. */
  readonly url: string;

  constructor(scope: Construct, id: string, { routes, authorizer, domainName, throttle, ...logs }: WardenApiProps) {
    super(scope, id);
    this.accessLog = accessLogGroup(this, logs);
    this.api = new HttpApi(this, 'Api', {
      createDefaultStage: false,
      defaultAuthorizer: authorizer,
      // One address, so that what is before the domain cannot be walked round.
      ...(domainName && { disableExecuteApiEndpoint: true }),
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      ...(domainName && { domainMapping: { domainName } }),
      detailedMetricsEnabled: true,
      throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLog),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    this.url = domainName ? stage.domainUrl : stage.url;
    for (const route of routes) this.add(route);
  }

  private add({ method, path, anonymous, reason, target, scopes = [] }: ApiRoute): void {
    const [route] = this.api.addRoutes({
      path,
      methods: [HttpMethod[method]],
      integration: new HttpLambdaIntegration(target.node.id, target),
      ...(anonymous && { authorizer: new HttpNoneAuthorizer() }),
      ...(!anonymous && scopes.length > 0 && { authorizationScopes: [...scopes] }),
    });
    if (route !== undefined && reason !== undefined) acknowledge(route, { 'AwsSolutions-APIG4': reason });
  }
}
