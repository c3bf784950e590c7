import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { WardenStack } from '../../infra/warden-stack.ts';
import { permissionsOf } from './permissions.ts';
import { functionsOf, resourcesOf } from './resources.ts';
import { NOT_BUNDLED } from './synthesize.ts';

const config = join(import.meta.dirname, 'no-reapers.yaml');
const templateOf = (context: Readonly<Record<string, unknown>>) =>
  Template.fromStack(new WardenStack(new App({ context: { ...NOT_BUNDLED.context, config, ...context } })));

const ofOtherKey = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const again = { auditTable: 'earlier-audit', encryptionKey: ofOtherKey };

describe('the stack of the app', () => {
  const template = templateOf({
    ...again,
    databases: '10.9.0.0/16',
    ports: '3307',
    endpoints: 'none',
    dynamoDbPrefixList: 'pl-1',
    requests: 3,
    workers: 4,
    auditRetentionDays: '30',
    secretTag: 'warden=prod',
  });
  const environment = (name: string) => functionsOf(template).get(name)?.Properties.Environment.Variables;

  it('goes on with the record of an earlier one', () => {
    expect(environment('kill-query')).toMatchObject({ AUDIT_TABLE: 'earlier-audit', AUDIT_RETENTION_DAYS: '30' });
    expect(resourcesOf(template, 'AWS::KMS::Key').size).toBe(0);
    // What is left is the short-lived table.
    expect(resourcesOf(template, 'AWS::DynamoDB::Table').size).toBe(1);
    const written = permissionsOf(template)
      .get('kill-query')
      ?.filter(({ action, effect }) => effect === 'Allow' && /^(kms:Encrypt|dynamodb:PutItem)$/.test(action));
    expect(written?.map(({ on }) => on)).toEqual(
      expect.arrayContaining([expect.stringContaining('table/earlier-audit'), ofOtherKey]),
    );
  });

  it('reaches the databases that are named, by endpoints that the VPC has', () => {
    expect(resourcesOf(template, 'AWS::EC2::VPCEndpoint').size).toBe(0);
    const [group] = resourcesOf(template, 'AWS::EC2::SecurityGroup').values();
    const rule = { CidrIp: '10.9.0.0/16', FromPort: 3307, ToPort: 3307 };
    expect(group?.Properties.SecurityGroupEgress).toContainEqual(expect.objectContaining(rule));
  });

  it('finds its targets by their tag alone', () => {
    expect(environment('kill-query')).not.toHaveProperty('SECRET_PREFIX');
    expect(JSON.stringify(environment('kill-query'))).toContain('warden');
  });

  it('reserves what it is told to', () => {
    const reserved = (name: string) => functionsOf(template).get(name)?.Properties.ReservedConcurrentExecutions;
    expect([reserved('kill-query'), reserved('reap-target'), reserved('sweep-audit')]).toEqual([3, 4, 1]);
  });
});

describe('the VPC that is made', () => {
  it('keeps its flow logs encrypted, as every log', () => {
    const made = templateOf({});
    expect(resourcesOf(made, 'AWS::EC2::FlowLog').size).toBe(1);
    for (const [id, { Properties }] of resourcesOf(made, 'AWS::Logs::LogGroup'))
      expect(Properties.KmsKeyId, id).toBeDefined();
  });
});

describe('a private API by the context', () => {
  const output = (context: object) => templateOf({ ...context }).findOutputs('Url')['Url']?.['Value'];

  it('has its address at the endpoint that is made, or at that which is given', () => {
    expect(JSON.stringify(output({ private: 'true' }))).toMatch(/Ref.*PrivateApi.*executeApi.*execute-api.*v1/);
    expect(JSON.stringify(output({ private: 'vpce-0a1b' }))).toContain('-vpce-0a1b.execute-api.');
  });
});

describe('an audit table that is given', () => {
  it('without any key is taken for one that DynamoDB encrypts by itself', () => {
    const permissions = permissionsOf(templateOf({ auditTable: 'plain' })).get('list-audit') ?? [];
    expect(permissions.filter(({ action }) => action.startsWith('kms:'))).toEqual([]);
    expect(permissions.filter(({ action }) => action === 'dynamodb:Query')).not.toEqual([]);
  });

  it('runs and traces its functions as it is told', () => {
    const tracingLayer = 'arn:aws:lambda:eu-west-1:111122223333:layer:AWSOpenTelemetryDistroJs:5';
    const told = functionsOf(templateOf({ architecture: 'x86_64', tracingLayer, activeTracing: 'false' }));
    for (const { Properties } of told.values()) {
      expect(Properties).toMatchObject({ Architectures: ['x86_64'], Layers: [tracingLayer] });
      expect(Properties).not.toHaveProperty('TracingConfig');
    }
  });
});

it('pays for as many endpoints and zones as the bill counts', () => {
  const { endpoints } = parse(readFileSync(join(import.meta.dirname, '../simulate/inputs.yaml'), 'utf8')).prices;
  const made = [...resourcesOf(templateOf({}), 'AWS::EC2::VPCEndpoint').values()];
  const zones = made.flatMap(({ Properties }) =>
    Properties.VpcEndpointType === 'Interface' ? Properties.SubnetIds : [],
  );
  expect(zones).toHaveLength(endpoints);
});

describe('the console by the context', () => {
  const outputOf = (context: object): unknown =>
    templateOf({ console: 'true', ...context }).findOutputs('ConsoleUrl')['ConsoleUrl']?.['Value'];

  it('has its address among the outputs, or why there is none', () => {
    const issuer = { issuer: 'https://id.example.com', audience: 'warden', consoleClientId: 'page' };
    expect(JSON.stringify(outputOf(issuer))).toMatch(/execute-api.*\/console\/index\.html/);
    expect(outputOf({})).toContain('the API has none');
  });
});
