import { describe, expect, it } from 'vitest';
import { CHAT_ROUTES, CONSOLE_ROUTES, ROUTES } from '../../functions/routes.ts';
import { functionsOf, propertiesOf, resourcesOf } from './resources.ts';
import { synthesize } from './synthesize.ts';

const template = synthesize().template();
const functions = functionsOf(template);

describe('the API', () => {
  const apis = [...resourcesOf(template, 'AWS::ApiGatewayV2::Api').keys()];
  const routesOf = (api: string) =>
    propertiesOf(template, 'AWS::ApiGatewayV2::Route').filter(({ ApiId }) => ApiId.Ref === api);

  it('has every route behind an authorizer: of tokens on one, of signed requests on the other', () => {
    expect(apis).toHaveLength(2);
    const chats = CHAT_ROUTES.map(({ method, path }) => `${method} ${path}`);
    const page = CONSOLE_ROUTES.map(({ method, path }) => `${method} ${path}`);
    const open = ['GET /openapi.json', ...chats, ...page];
    for (const [at, kind] of ['JWT', 'AWS_IAM'].entries()) {
      const routes = routesOf(apis[at] ?? '');
      const own = ROUTES.map(({ method, path }) => `${method} ${path}`);
      expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual(
        [...own, ...(kind === 'JWT' ? [...chats, ...page] : [])].sort(),
      );
      for (const { RouteKey, AuthorizationType, AuthorizerId } of routes) {
        expect(AuthorizationType, RouteKey).toBe(open.includes(RouteKey) ? 'NONE' : kind);
        if (AuthorizationType === 'JWT') expect(AuthorizerId).toBeDefined();
      }
    }
    expect(propertiesOf(template, 'AWS::ApiGatewayV2::Authorizer')).toEqual([
      expect.objectContaining({
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: { Audience: ['warden'], Issuer: 'https://id.example.com' },
      }),
    ]);
  });

  it('calls for each route the function of that route', () => {
    const integrations = resourcesOf(template, 'AWS::ApiGatewayV2::Integration');
    for (const { RouteKey, Target } of apis.flatMap(routesOf)) {
      const integration = integrations.get(Target['Fn::Join'][1][1].Ref)?.Properties;
      const [method, path] = RouteKey.split(' ');
      const { name } =
        [...ROUTES, ...CONSOLE_ROUTES, ...CHAT_ROUTES].find(
          (route) => route.method === method && route.path === path,
        ) ?? {};
      expect(integration?.IntegrationUri['Fn::GetAtt'][0], RouteKey).toBe(functions.get(name ?? '')?.id);
      expect(integration?.PayloadFormatVersion).toBe('2.0');
    }
  });

  it('throttles, and logs neither header, query, path nor body', () => {
    for (const { DefaultRouteSettings, AccessLogSettings } of propertiesOf(template, 'AWS::ApiGatewayV2::Stage')) {
      expect(DefaultRouteSettings).toMatchObject({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 });
      const logged: Readonly<Record<string, string>> = JSON.parse(AccessLogSettings.Format);
      expect(Object.values(logged)).toContain('$context.status');
      const about = Object.values(logged).join(' ');
      expect(about).not.toMatch(/header|query|\.path|body|claims|userAgent|identity\.(?!sourceIp)/i);
    }
  });
});
