import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { DomainName } from 'aws-cdk-lib/aws-apigatewayv2';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, it } from 'vitest';
import { functionsOf } from './resources.ts';
import { EVERYTHING, NOT_BUNDLED, synthesize } from './synthesize.ts';

describe('wrong props', () => {
  it.each([
    ['no authorizer', { api: {} }, /api: write jwt, or iam/],
    ['no audience', { api: { jwt: { issuer: 'https://id.example.com', audience: [] } } }, /api\.jwt\.audience/],
    ['a prefix that no secret has', { secretPrefix: 'a b' }, /secretPrefix: write 1 to 400/],
    ['an empty prefix', { secretPrefix: '' }, /secretPrefix: write 1 to 400/],
    [
      'a chat secret that would be a target',
      { secretPrefix: 'warden-' },
      /chatSecrets: warden-chats\/alert begins with/,
    ],
    ['a private API beside a public one', { api: { iam: true, private: true } }, /api\.private: leave out jwt and iam/],
    [
      'a domain of a private API',
      { api: { private: true, domainName: {} as never }, chatSecrets: undefined as never },
      /api\.domainName/,
    ],
    ['chats of a private API', { api: { private: true } }, /chatSecrets: platforms come from the internet/],
    ['secrets of no platform', { chatSecrets: {} }, /chatSecrets: write at least one/],
    [
      'a page for the console to ask',
      { console: { origins: ['https://id.example.com/token'] } },
      /console\.origins: write https/,
    ],
    ['one worker', { concurrency: { workers: 1 } }, /concurrency\.workers: write at least 2/],
    ['reports without a chat', { chatSecrets: undefined as never }, /reaper idle-app has warn or report/],
    [
      'a misspelt prop',
      { secretPrefx: 'a/' } as never,
      /props: there is no prop `secretPrefx`: did you mean `secretPrefix`\?/,
    ],
    ['a prop of something else', { env: {} } as never, /props: there is no prop `env`: remove it/],
    ['a name of every object', { constructor: 1 } as never, /there is no prop `constructor`/],
    ['a misspelt prop of a prop', { databases: { port: [1] } as never }, /databases: .*`port`: did you mean `ports`\?/],
    ['a platform that is none', { chatSecrets: { slakc: {} } as never }, /chatSecrets: .*did you mean `slack`\?/],
    [
      'a misspelt prop two levels below',
      { api: { jwt: { issuer: 'https://id.example.com', audience: ['a'], killScope: ['b'] } } as never },
      /api\.jwt: .*`killScope`: did you mean `killScopes`\?/,
    ],
    ['no configuration', { config: undefined as never }, /config: it is missing/],
    ['no API', { api: undefined as never }, /api: it is missing/],
    ['a configuration that is not there', { config: 'nowhere.yaml' }, /nowhere\.yaml cannot be read/],
  ])('%s', (_what, over, message) => {
    expect(() => synthesize(over)).toThrow(message);
  });

  it('two platforms of one secret', () => {
    const { stack } = synthesize();
    const shared = Secret.fromSecretNameV2(stack, 'Shared', 'shared');
    expect(() => synthesize({ chatSecrets: { slack: shared, feishu: shared } })).toThrow(/slack and feishu share/);
  });

  it('an empty prefix and no tag would make every secret a target', () => {
    expect(() => synthesize({ secretPrefix: undefined as never })).toThrow(/secretPrefix or secretTag/);
  });

  it('a configuration that is wrong is named with file and line', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'warden-config-')), 'warden.yaml');
    writeFileSync(file, 'access: []\nstop: perhaps\n');
    expect(() => synthesize({ config: file })).toThrow(`config: ${file}:2: stop: write true or false`);
  });

  it('a rule that tells a receiver, where there is no secret of receivers', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'warden-config-')), 'warden.yaml');
    const rule = "{ name: tells, targets: ['*'], kill: connection, match: { idle: 1h }, onEnd: 'webhook:pager' }";
    writeFileSync(file, `reapers: [${rule}]\n`);
    expect(() => synthesize({ config: file, chatSecrets: undefined as never })).toThrow(
      'config: reaper tells has onEnd: give chatSecrets.webhook',
    );
    expect(() => synthesize({ config: file })).not.toThrow();
  });
});

describe('the construct', () => {
  it('takes a domain, security groups and a state table that are there already', () => {
    const app = new App(NOT_BUNDLED);
    const given = new Stack(app, 'Given');
    const domainName = DomainName.fromDomainNameAttributes(given, 'Domain', {
      name: 'warden.example.com',
      regionalDomainName: 'd-1.execute-api.eu-west-1.amazonaws.com',
      regionalHostedZoneId: 'Z1',
    });
    const { warden, template: made } = synthesize(
      {
        api: { ...EVERYTHING.api, domainName },
        securityGroups: [SecurityGroup.fromSecurityGroupId(given, 'Group', 'sg-given')],
        stateTable: Table.fromTableName(given, 'State', 'state-given'),
      },
      app,
    );
    const template = made();
    expect(warden.url).toBe('https://warden.example.com/');
    template.hasResourceProperties('AWS::ApiGatewayV2::ApiMapping', { DomainName: 'warden.example.com' });
    template.resourcePropertiesCountIs('AWS::ApiGatewayV2::Api', { DisableExecuteApiEndpoint: true }, 1);
    template.resourceCountIs('AWS::DynamoDB::Table', 1);
    const inside = [...functionsOf(template).values()].filter(({ Properties }) => Properties.VpcConfig !== undefined);
    expect(inside.length).toBeGreaterThan(5);
    for (const { Properties } of inside) expect(Properties.VpcConfig.SecurityGroupIds).toContain('sg-given');
    const kill = functionsOf(template).get('kill-connection');
    expect(JSON.stringify(kill?.Properties.Environment.Variables.STATE_TABLE)).toContain('state-given');
  });

  it('gives a metric of its own deployment', () => {
    const { stack, warden } = synthesize({ service: 'one' });
    const { metricName, dimensions } = warden.metric('Kills', { minutes: 1 });
    expect(stack.resolve({ metricName, dimensions })).toEqual({ metricName: 'Kills', dimensions: { service: 'one' } });
  });

  it('lets a principal call the API for signed requests, and no other API', () => {
    const { stack, warden, template } = synthesize();
    const role = new Role(stack, 'Caller', { assumedBy: new AccountRootPrincipal() });
    warden.grantApiAccess(role);
    const [policy] = Object.entries(template().findResources('AWS::IAM::Policy')).flatMap(([id, one]) =>
      id.startsWith('CallerDefaultPolicy') ? [JSON.stringify(one)] : [],
    );
    expect(policy).toContain('"execute-api:Invoke"');
    expect(policy).toContain('"Ref":"WardenIamApi');
    expect(policy).not.toContain('JwtApi');
  });

  it('has no API to grant where only tokens are taken', () => {
    const { stack, warden } = synthesize({ api: { jwt: { issuer: 'https://id.example.com', audience: ['warden'] } } });
    const role = new Role(stack, 'Caller', { assumedBy: new AccountRootPrincipal() });
    expect(() => warden.grantApiAccess(role)).toThrow(/write api\.iam: true/);
  });
});

describe('the console', () => {
  const signIn = (over: Parameters<typeof synthesize>[0]) => {
    const { template, warden, stack } = synthesize(over);
    const made = functionsOf(template()).get('get-console')?.Properties.Environment.Variables.CONSOLE_SIGN_IN;
    const warnings = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('console: there is none'));
    return { asked: made === undefined ? undefined : JSON.parse(made), url: warden.consoleUrl, warnings };
  };
  const jwt = { issuer: 'https://id.example.com', audience: ['warden'] };

  it('asks for every scope that a route asks for, as the client that the audience is, unless it is told otherwise', () => {
    const scopes = { scopes: ['warden/look'], killScopes: ['warden/look', 'warden/kill'] };
    expect(signIn({ api: { jwt: { ...jwt, ...scopes } } })).toEqual({
      asked: { issuer: jwt.issuer, clientId: 'warden', scope: 'openid warden/look warden/kill', origins: [] },
      url: expect.stringMatching(/\/console\/index\.html$/),
      warnings: [],
    });
    const origins = ['https://login.example.com'];
    const told = { clientId: 'page', scopes: ['api://warden/use'], resource: 'https://warden', audience: 'a', origins };
    expect(signIn({ api: { jwt }, console: told }).asked).toEqual({
      issuer: jwt.issuer,
      clientId: 'page',
      scope: 'openid api://warden/use',
      resource: 'https://warden',
      audience: 'a',
      origins,
    });
  });

  it.each([
    ['signed requests', { api: { iam: true } }],
    [
      'the VPC',
      { api: { private: true }, chatSecrets: undefined as never, config: join(import.meta.dirname, 'no-reapers.yaml') },
    ],
  ])('is none where the API is for %s alone, and says why', (_whom, over) => {
    const { asked, url, warnings } = signIn(over);
    expect([asked, url, warnings.length]).toEqual([undefined, undefined, 1]);
    expect(String(warnings[0]?.entry.data)).toContain('Write api.jwt');
  });

  it('is none unless it is wanted, without a word', () => {
    expect(signIn({ console: false })).toEqual({ asked: undefined, url: undefined, warnings: [] });
  });
});
