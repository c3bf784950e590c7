import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { readStage } from '../../infra/stage-context.ts';

const read = (context: Readonly<Record<string, unknown>>) => readStage(new App({ context }).node);

describe('the context of the app', () => {
  it('has a default for all that it must have', () => {
    expect(read({})).toEqual({
      stage: 'dev',
      activeTracing: true,
      config: 'warden.yaml',
      auditTrail: false,
      secretPrefix: 'session-warden/dev/',
      cidr: '10.213.0.0/24',
      audience: [],
      iam: true,
      private: false,
      unreserved: false,
    });
  });

  it('is read as a command line writes it', () => {
    const written = {
      stage: 'prod',
      audience: 'a,b',
      databases: '10.1.0.0/16,10.2.0.0/16',
      ports: '3306,6033',
      endpoints: 'sqs',
      iam: 'false',
      issuer: 'https://id.example.com',
      scopes: 'warden/look,warden/kill',
      killScopes: 'warden/kill',
      chatSecrets: 'slack=chats/slack,alert=chats/a=b',
      workers: '4',
      auditRetentionDays: '30',
      secretTag: 'warden=of=prod',
      unreserved: 'true',
      console: 'true',
      consoleOrigins: 'https://login.example.com',
    };
    expect(read(written)).toMatchObject({
      stage: 'prod',
      audience: ['a', 'b'],
      databases: ['10.1.0.0/16', '10.2.0.0/16'],
      ports: [3306, 6033],
      endpoints: { dynamoDb: false, secretsManager: false, sqs: true },
      iam: false,
      scopes: ['warden/look', 'warden/kill'],
      killScopes: ['warden/kill'],
      chatSecrets: new Map([
        ['slack', 'chats/slack'],
        ['alert', 'chats/a=b'],
      ]),
      workers: 4,
      auditRetentionDays: 30,
      secretTag: { key: 'warden', value: 'of=prod' },
      unreserved: true,
      console: true,
      consoleOrigins: ['https://login.example.com'],
    });
  });

  it('is read as cdk.json writes it', () => {
    expect(read({ audience: ['a'], ports: [3306], iam: true, workers: 4, endpoints: ['dynamoDb'] })).toMatchObject({
      audience: ['a'],
      ports: [3306],
      iam: true,
      workers: 4,
      endpoints: { dynamoDb: true, secretsManager: false, sqs: false },
    });
  });

  it.each(['none', []])('makes no endpoint for %j', (endpoints) => {
    expect(Object.values(read({ endpoints }).endpoints ?? {})).toEqual([false, false, false]);
  });

  it('of a stage goes before that of all', () => {
    const stages = { prod: { vpc: 'vpc-prod' }, test: { vpc: 'vpc-test' } };
    expect(read({ stage: 'prod', vpc: 'vpc-all', email: 'all@example.com', stages })).toMatchObject({
      vpc: 'vpc-prod',
      email: 'all@example.com',
    });
  });

  it('with a tag of secrets asks for no prefix unless one is written', () => {
    expect(read({ secretTag: 'warden=yes' }).secretPrefix).toBeUndefined();
    expect(read({ secretTag: 'warden=yes', secretPrefix: 'db/' }).secretPrefix).toBe('db/');
  });

  it("is CDK's too, for flags, for what it looked up, and for what its command keeps", () => {
    const ofCdk = {
      '@aws-cdk/core:stackRelativeExports': true,
      'aws:cdk:enable-path-metadata': true,
      'vpc-provider:account=111122223333:filter.vpc-id=vpc-1:region=eu-west-1': {},
      'availability-zones:account=111122223333:region=eu-west-1': [],
      'cli-telemetry': false,
      'acknowledged-issue-numbers': [1],
    };
    expect(read(ofCdk)).toEqual(read({}));
  });

  it('with a private API has no public one by default', () => {
    expect(read({ private: 'true' })).toMatchObject({ private: true, iam: false });
    expect(read({ private: 'vpce-0a1b' })).toMatchObject({ private: 'vpce-0a1b', iam: false });
  });

  it.each([
    ['a stage that is no text', { stage: 3 }, 'context stage: write text'],
    ['an empty configuration', { config: '' }, 'context config: write text'],
    ['a list of nothing', { audience: '' }, 'context audience: write text'],
    ['a flag of another word', { iam: 'yes' }, 'context iam: write true or false'],
    ['a port that is none', { ports: '0' }, 'context ports: write ports'],
    ['a port in words', { ports: 'mysql' }, 'context ports: write ports'],
    ['a database by its name', { databases: 'db.example.com' }, 'context databases: write networks'],
    ['a network that is none', { cidr: '10.0.0.0' }, 'context cidr: write a network'],
    ['an endpoint that we never use', { endpoints: 's3' }, 'context endpoints: write none, or some of'],
    ['a key that is no ARN', { encryptionKey: 'alias/warden' }, 'context encryptionKey: write the ARN of a key'],
    ['no workers', { workers: '0' }, 'context workers: write a whole number from 1'],
    ['half a worker', { workers: '2.5' }, 'context workers: write a whole number'],
    ['a secret of no platform', { chatSecrets: 'irc=chats' }, 'context chatSecrets: write alert|'],
    ['secrets of chats without platforms', { chatSecrets: 'chats' }, 'context chatSecrets: write alert|'],
    ['an endpoint that is none', { private: 'eni-1' }, 'context private: write true, or the ID of an endpoint'],
    ['a tag without a value', { secretTag: 'warden' }, 'context secretTag: write key=value'],
    ['a client of no console', { consoleClientId: 'page' }, 'context consoleClientId: write console=true with it'],
    [
      'a stage with an unknown name',
      { stages: { dev: { vcp: 'vpc-1' } } },
      'context stages.dev: there is no name `vcp`: did you mean `vpc`?',
    ],
    ['an unknown name', { databses: '10.0.0.0/16' }, 'context: there is no name `databses`: did you mean `databases`?'],
    ['a name in another case', { secretprefix: 'a/' }, 'did you mean `secretPrefix`?'],
    ['a name like no other', { colour: 'red' }, 'context: there is no name `colour`: remove it, or correct its name'],
    ['a stage that is a text', { stages: { dev: 'vpc-1' } }, 'context dev: '],
  ])('%s is refused', (_what, context, message) => {
    expect(() => read(context)).toThrow(message);
  });
});
