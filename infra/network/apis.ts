import type { HttpApi, IDomainName } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { CONSOLE_ROUTES, ROUTES } from '../../functions/routes.ts';
import { FUNCTIONS, type FunctionName } from '../function-table.ts';
import type { WatchedApi } from '../monitoring/watch.ts';
import type { ApiOptions } from '../props.ts';
import { type ApiRoute, WardenApi } from './http-api.ts';
import { PrivateApi } from './private-api.ts';

/** What the APIs are made of. */
export interface ApisProps {
  readonly options: ApiOptions;
  readonly make: (name: FunctionName) => LambdaFunction;
  /** Stand on the first API. */
  readonly chatRoutes: readonly ApiRoute[];
  /** Whether the API of tokens serves the console. */
  readonly hasConsole: boolean;
  readonly logRetention: RetentionDays;
  readonly encryptionKey: IKey;
  /** Where a private API is reached from. */
  readonly vpc: IVpc;
  readonly vpcSubnets: SubnetSelection;
}

/** The APIs of a deployment: the first is the one for chats, and where {@link url} leads. */
export interface Apis {
  readonly all: readonly WatchedApi[];
  readonly url: string;
  readonly first?: HttpApi;
  /** For signed requests, where the first is for tokens. */
  readonly second?: HttpApi;
  readonly private?: PrivateApi;
  /** What `execute-api:Invoke` is allowed on, where signed requests are taken. */
  readonly signed?: string;
}

/** An API for those with tokens, an API for those with signed requests, or both; or one that the VPC alone reaches. */
export function wardenApis(
  scope: Construct,
  { options, make, chatRoutes, hasConsole, vpc, vpcSubnets, ...logs }: ApisProps,
): Apis {
  const { jwt, iam, throttle = { rate: 50, burst: 100 } } = options;
  const routes = ROUTES.map(({ method, path, name, anonymous }): ApiRoute => {
    const reason = 'It describes the API, which is public, and answers the same to everybody.';
    const { scopes, killScopes = scopes } = jwt ?? {};
    const needed = FUNCTIONS[name].area === 'kills' ? killScopes : scopes;
    return {
      method,
      path,
      anonymous,
      target: make(name),
      ...(needed && { scopes: needed }),
      ...(anonymous && { reason }),
    };
  });
  const shared = { throttle, ...logs };
  if (options.private) {
    const endpoint = options.private === true ? undefined : options.private;
    const made = new PrivateApi(scope, 'PrivateApi', { ...shared, routes, endpoint, vpc, vpcSubnets });
    return { all: [made], url: made.url, private: made, signed: made.api.arnForExecuteApi() };
  }
  const signed = (more: readonly ApiRoute[], domainName?: IDomainName) =>
    new WardenApi(scope, 'IamApi', {
      ...shared,
      domainName,
      routes: [...routes, ...more].map(({ scopes: _, ...route }) => route),
      authorizer: new HttpIamAuthorizer(),
    });
  const byToken = jwt && new HttpJwtAuthorizer('Jwt', jwt.issuer, { jwtAudience: [...jwt.audience] });
  const first = byToken
    ? new WardenApi(scope, 'JwtApi', {
        ...shared,
        routes: [...routes, ...chatRoutes, ...(hasConsole ? consoleRoutes(make('get-console')) : [])],
        authorizer: byToken,
        domainName: options.domainName,
      })
    : signed(chatRoutes, options.domainName);
  const second = byToken && iam ? signed([]) : undefined;
  const forSigned = byToken ? second : first;
  return {
    ...(forSigned && { signed: forSigned.api.arnForExecuteApi() }),
    all: [first, ...(second ? [second] : [])],
    url: first.url,
    first: first.api,
    ...(second && { second: second.api }),
  };
}

/** The page that people sign in with cannot ask who they are before they have it. */
const consoleRoutes = (target: LambdaFunction): readonly ApiRoute[] =>
  CONSOLE_ROUTES.map(({ method, path }) => {
    const reason = 'It is the page to sign in with: it holds nothing secret, and is the same for everybody.';
    return { method, path, target, anonymous: true, reason };
  });
