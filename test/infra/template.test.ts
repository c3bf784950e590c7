import { join } from 'node:path';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { CHAT_ROUTES, ROUTES } from '../../functions/routes.ts';
import { VARIABLES } from '../../functions/wiring/environment.ts';
import { FUNCTIONS } from '../../infra/function-table.ts';
import { ENVIRONMENTS } from '../../local/generate-documents.ts';
import { functionsOf, propertiesOf } from './resources.ts';
import { synthesize } from './synthesize.ts';

const template = synthesize().template();
const functions = functionsOf(template);
const EVERYWHERE = new Set(
  Object.entries(VARIABLES).flatMap(([name, variable]) => ('everywhere' in variable ? [name] : [])),
);

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
    for (const { RetentionInDays } of propertiesOf(template, 'AWS::Logs::LogGroup'))
      expect(RetentionInDays).toBeGreaterThan(0);
  });

  it('are traced by a layer, without X-Ray of their own, and on x86 where a deployment says so', () => {
    const layerArn = 'arn:aws:lambda:eu-west-1:615299751070:layer:AWSOpenTelemetryDistroJs:13';
    const { template: made } = synthesize({ tracing: { active: false, layerArn }, architecture: Architecture.X86_64 });
    for (const [name, { Properties }] of functionsOf(made())) {
      expect(Properties, name).toMatchObject({ Architectures: ['x86_64'], Layers: [layerArn] });
      expect(Properties, name).not.toHaveProperty('TracingConfig');
      expect(Properties.Environment.Variables, name).toMatchObject({
        AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-instrument',
      });
    }
  });

  it('answer before the gateway gives up after 30 seconds', () => {
    for (const { name } of [...ROUTES, ...CHAT_ROUTES])
      expect(functions.get(name)?.Properties.Timeout, name).toBeLessThan(30);
  });

  it('have the environment variables that they read, and none that holds a secret', () => {
    for (const [name, { Properties }] of functions) {
      const set = Object.keys(Properties.Environment.Variables).filter((one) => !EVERYWHERE.has(one));
      const read: readonly string[] = ENVIRONMENTS[name] ?? [];
      expect([name, set.filter((one) => !read.includes(one))]).toEqual([name, []]);
    }
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
    const without = synthesize({ config, chatSecrets: undefined as never });
    const made = functionsOf(without.template());
    expect([...made.keys()].filter((name) => FUNCTIONS[name as 'alert'].area === 'chat')).toEqual([]);
    for (const [name, { Properties }] of made)
      expect(Object.keys(Properties.Environment.Variables), name).not.toContain('CHAT_QUEUE_URL');
    expect(Object.keys(without.template().findResources('AWS::SQS::Queue'))).toHaveLength(3);
  });
});
