import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHAT_ROUTES, ROUTES } from '../../functions/routes.ts';
import { FUNCTIONS } from '../../infra/function-table.ts';
import { AUDIT_TABLE, STATE_TABLE, type TableDefinition } from '../../lib/aws-tables.ts';
import { functionsOf, type Resource, resourcesOf } from './resources.ts';
import { synthesize } from './synthesize.ts';

const template = synthesize().template();
const functions = functionsOf(template);
const properties = (type: string): readonly Resource['Properties'][] =>
  [...resourcesOf(template, type).values()].map(({ Properties }) => Properties);
const one = (type: string, part: string): Resource => {
  const found = [...resourcesOf(template, type)].filter(([id]) => id.includes(part));
  expect(
    found.map(([id]) => id),
    `${type} ${part}`,
  ).toHaveLength(1);
  return found[0]?.[1] as Resource;
};

describe('functions', () => {
  it('are all of functions/, on Node 24 and ARM, traced, each with a log of its own that is not kept for ever', () => {
    expect([...functions.keys()].sort()).toEqual(Object.keys(FUNCTIONS).sort());
    const logs = new Set<string>();
    for (const [name, { Properties }] of functions) {
      const expected = {
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
        MemorySize: 512,
      };
      expect(Properties, name).toMatchObject(expected);
      logs.add(Properties.LoggingConfig.LogGroup.Ref);
    }
    expect(logs.size).toBe(functions.size);
    for (const { RetentionInDays } of properties('AWS::Logs::LogGroup')) expect(RetentionInDays).toBeGreaterThan(0);
  });

  it('answer before the gateway gives up after 30 seconds', () => {
    for (const { name } of [...ROUTES, ...CHAT_ROUTES])
      expect(functions.get(name)?.Properties.Timeout, name).toBeLessThan(30);
  });

  it('have environment variables that the documentation knows, and none that holds a secret', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
    const variables = [...functions.values()].flatMap(({ Properties }) =>
      Object.keys(Properties.Environment.Variables),
    );
    expect([...new Set(variables)].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
    expect(JSON.stringify(template.toJSON())).not.toMatch(/resolve:secretsmanager|SecretString/);
  });

  it('that open databases are limited, each by itself, so that lists starve no kill', () => {
    for (const [name, { Properties }] of functions)
      expect(Properties.ReservedConcurrentExecutions !== undefined, name).toBe(FUNCTIONS[name as 'alert'].inside);
    expect(functions.get('kill-connection')?.Properties.ReservedConcurrentExecutions).toBe(10);
    expect(functions.get('reap-target')?.Properties.ReservedConcurrentExecutions).toBe(20);
  });

  it('are not limited in an account that has nothing to reserve', () => {
    const made = functionsOf(synthesize({ concurrency: 'unreserved' }).template());
    for (const { Properties } of made.values()) expect(Properties.ReservedConcurrentExecutions).toBeUndefined();
  });

  it('of chats are there with a secret only, and nothing then waits for them', () => {
    const config = join(import.meta.dirname, '../../infra/warden.yaml');
    const without = synthesize({ config, chatSecret: undefined as never });
    const made = functionsOf(without.template());
    expect([...made.keys()].filter((name) => FUNCTIONS[name as 'alert'].area === 'chat')).toEqual([]);
    for (const [name, { Properties }] of made)
      expect(Object.keys(Properties.Environment.Variables), name).not.toContain('CHAT_QUEUE_URL');
    expect(Object.keys(without.template().findResources('AWS::SQS::Queue'))).toHaveLength(3);
  });
});

describe('the API', () => {
  const apis = [...resourcesOf(template, 'AWS::ApiGatewayV2::Api').keys()];
  const routesOf = (api: string) => properties('AWS::ApiGatewayV2::Route').filter(({ ApiId }) => ApiId.Ref === api);

  it('has every route behind an authorizer: of tokens on one, of signed requests on the other', () => {
    expect(apis).toHaveLength(2);
    const chats = CHAT_ROUTES.map(({ method, path }) => `${method} ${path}`);
    const open = ['GET /openapi.json', ...chats];
    for (const [at, kind] of ['JWT', 'AWS_IAM'].entries()) {
      const routes = routesOf(apis[at] ?? '');
      const own = ROUTES.map(({ method, path }) => `${method} ${path}`);
      expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual([...own, ...(kind === 'JWT' ? chats : [])].sort());
      for (const { RouteKey, AuthorizationType, AuthorizerId } of routes) {
        expect(AuthorizationType, RouteKey).toBe(open.includes(RouteKey) ? 'NONE' : kind);
        if (AuthorizationType === 'JWT') expect(AuthorizerId).toBeDefined();
      }
    }
    expect(properties('AWS::ApiGatewayV2::Authorizer')).toEqual([
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
        [...ROUTES, ...CHAT_ROUTES].find((route) => route.method === method && route.path === path) ?? {};
      expect(integration?.IntegrationUri['Fn::GetAtt'][0], RouteKey).toBe(functions.get(name ?? '')?.id);
      expect(integration?.PayloadFormatVersion).toBe('2.0');
    }
  });

  it('throttles, and logs neither header, query, path nor body', () => {
    for (const { DefaultRouteSettings, AccessLogSettings } of properties('AWS::ApiGatewayV2::Stage')) {
      expect(DefaultRouteSettings).toMatchObject({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 });
      const logged: Readonly<Record<string, string>> = JSON.parse(AccessLogSettings.Format);
      expect(Object.values(logged)).toContain('$context.status');
      const about = Object.values(logged).join(' ');
      expect(about).not.toMatch(/header|query|\.path|body|claims|userAgent|identity\.(?!sourceIp)/i);
    }
  });
});

describe('tables', () => {
  const shapeOf = ({ Properties }: Resource): TableDefinition => ({
    partitionKey: Properties.KeySchema[0].AttributeName,
    ttlAttribute: Properties.TimeToLiveSpecification.AttributeName,
    indexes: (Properties.GlobalSecondaryIndexes ?? []).map(
      ({ IndexName, KeySchema, Projection }: Resource['Properties']) => ({
        name: IndexName,
        partitionKey: KeySchema[0].AttributeName,
        sortKey: KeySchema[1].AttributeName,
        include: Projection.NonKeyAttributes ?? [],
      }),
    ),
  });
  const audit = one('AWS::DynamoDB::Table', 'Audit');
  const state = one('AWS::DynamoDB::Table', 'State');

  it('are as the code reads them: keys, indexes, what expires', () => {
    expect(shapeOf(audit)).toEqual(AUDIT_TABLE);
    expect(shapeOf(state)).toEqual(STATE_TABLE);
  });

  it('are on demand, encrypted, and restorable; the record outlives its stack', () => {
    for (const { Properties } of [audit, state])
      expect(Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      });
    expect([audit.DeletionPolicy, audit.Properties.DeletionProtectionEnabled]).toEqual(['Retain', true]);
    expect([state.DeletionPolicy, state.Properties.DeletionProtectionEnabled]).toEqual(['Delete', false]);
    const key = one('AWS::KMS::Key', 'Key');
    expect([key.DeletionPolicy, key.Properties.EnableKeyRotation]).toEqual(['Retain', true]);
  });
});

describe('the fleet', () => {
  it('is planned each minute, told which minute it is for, and swept every five', () => {
    const schedules = properties('AWS::Scheduler::Schedule').map(({ ScheduleExpression, Target }) => [
      ScheduleExpression,
      Target.Arn['Fn::GetAtt'][0],
      Target.Input,
    ]);
    expect(schedules).toEqual([
      ['rate(1 minute)', functions.get('plan-reaps')?.id, '{"time":"<aws.scheduler.scheduled-time>"}'],
      ['rate(5 minutes)', functions.get('sweep-audit')?.id, '{}'],
    ]);
    for (const { Target } of properties('AWS::Scheduler::Schedule'))
      expect(Target.DeadLetterConfig.Arn['Fn::GetAtt'][0]).toMatch(/FailedEvents/);
  });

  it('hides a message for longer than its worker may run, gives it five times, and takes failures one by one', () => {
    for (const [worker, queue, dead] of [
      ['reap-target', 'StorageReaps', 'ReapDeadLetters'],
      ['chat-worker', 'ChatJobs', 'FailedEvents'],
    ] as const) {
      const { Properties } = one('AWS::SQS::Queue', queue);
      expect(Properties.VisibilityTimeout).toBeGreaterThan(functions.get(worker)?.Properties.Timeout);
      expect(Properties.RedrivePolicy.maxReceiveCount).toBeGreaterThanOrEqual(5);
      expect(Properties.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0]).toMatch(dead);
      const mapping = properties('AWS::Lambda::EventSourceMapping').find(
        ({ FunctionName }) => FunctionName.Ref === functions.get(worker)?.id,
      );
      expect(mapping).toMatchObject({ FunctionResponseTypes: ['ReportBatchItemFailures'], BatchSize: 10 });
      expect(mapping?.EventSourceArn['Fn::GetAtt'][0]).toMatch(queue);
    }
  });

  it('starts no more workers from the queue than may run', () => {
    const found = properties('AWS::Lambda::EventSourceMapping').find(({ EventSourceArn }) =>
      EventSourceArn['Fn::GetAtt'][0].includes('StorageReaps'),
    );
    expect(found?.ScalingConfig.MaximumConcurrency).toBe(
      functions.get('reap-target')?.Properties.ReservedConcurrentExecutions,
    );
  });

  it('gives a worker the time that rules take which wait for a second look', () => {
    // 60 for the rest, 60 for confirm, 20 for the call.
    expect(functions.get('reap-target')?.Properties.Timeout).toBe(140);
  });
});

it('encrypts every queue and refuses to speak to one in the clear', () => {
  const queues = resourcesOf(template, 'AWS::SQS::Queue');
  expect(queues.size).toBe(4);
  const policies = JSON.stringify(properties('AWS::SQS::QueuePolicy'));
  for (const [id, { Properties }] of queues) {
    expect(Properties.KmsMasterKeyId, id).toBeDefined();
    expect(policies).toContain(`{"Fn::GetAtt":["${id}","Arn"]}`);
  }
  expect(policies.match(/"aws:SecureTransport":"false"/g)).toHaveLength(queues.size);
});

it('leaves the stop parameter at false, which deployments do not write again', () => {
  expect(one('AWS::SSM::Parameter', 'Stop').Properties).toMatchObject({
    Value: 'false',
    AllowedPattern: '^(true|false)$',
  });
  const named = synthesize({ stopParameter: '/ops/stop' }).template();
  expect(resourcesOf(named, 'AWS::SSM::Parameter').size).toBe(0);
  expect(functionsOf(named).get('kill-query')?.Properties.Environment.Variables.STOP_PARAMETER).toBe('/ops/stop');
});
