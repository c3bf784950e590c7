import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ROUTES } from '../functions/routes.ts';
import type { FunctionName } from './function-table.ts';
import { type ApiRoute, WardenApi } from './http-api.ts';
import type { ApiOptions } from './props.ts';

/** What the APIs are made of. */
export interface ApisProps {
  readonly options: ApiOptions;
  readonly make: (name: FunctionName) => LambdaFunction;
  /** Stand on the first API. */
  readonly chatRoutes: readonly ApiRoute[];
  readonly logRetention: RetentionDays;
}

/** An API for those with tokens, an API for those with signed requests, or both; the first of them is the one for chats. */
export function wardenApis(
  scope: Construct,
  { options, make, chatRoutes, logRetention }: ApisProps,
): readonly [WardenApi, WardenApi?] {
  const { jwt, iam, throttle = { rate: 50, burst: 100 } } = options;
  const routes = ROUTES.map(({ method, path, name, anonymous }): ApiRoute => {
    const reason = 'It describes the API, which is public, and answers the same to everybody.';
    return { method, path, anonymous, target: make(name), ...(anonymous && { reason }) };
  });
  const signed = (more: readonly ApiRoute[]) =>
    new WardenApi(scope, 'IamApi', {
      routes: [...routes, ...more],
      authorizer: new HttpIamAuthorizer(),
      throttle,
      logRetention,
    });
  if (jwt === undefined) return [signed(chatRoutes)];
  const authorizer = new HttpJwtAuthorizer('Jwt', jwt.issuer, { jwtAudience: [...jwt.audience] });
  const api = new WardenApi(scope, 'JwtApi', {
    routes: [...routes, ...chatRoutes],
    authorizer,
    throttle,
    logRetention,
  });
  return iam ? [api, signed([])] : [api];
}
