import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../lib/config.ts';
import { toConfigJson } from '../../lib/config-json.ts';
import { bothClients } from './both-clients.ts';
import { startMoto } from './moto.ts';

const { moto, skipped } = await startMoto();
afterAll(() => moto?.stop());
const NAME = '/warden/stop';

const folder = mkdtempSync(join(tmpdir(), 'warden-stop-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!moto).each(await bothClients())(
  `the stop parameter in Parameter Store (moto), by $clients${skipped ? ` - skipped: ${skipped}` : ''}`,
  ({ aws }) => {
    let queue: string | undefined;
    beforeAll(async () => {
      await moto?.reset();
      const yaml = readFileSync(new URL('reapers.yaml', import.meta.url), 'utf8');
      const config = join(folder, 'warden.json');
      writeFileSync(config, toConfigJson(parseConfig(yaml, 'reapers.yaml')));
      const env = {
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_ENDPOINT_URL: moto?.endpoint ?? '',
        SECRET_PREFIX: 'stop/',
        STOP_PARAMETER: NAME,
        WARDEN_CONFIG: config,
      };
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      ({ QueueUrl: queue } = await new SQSClient({}).send(new CreateQueueCommand({ QueueName: 'stop-reaps' })));
      vi.stubEnv('REAP_QUEUE_URL', queue);
      const Name = 'stop/shop';
      await new SecretsManagerClient({}).send(new CreateSecretCommand({ Name, SecretString: '{}' }));
    });
    afterAll(() => vi.unstubAllEnvs());
    const put = (Value: string) =>
      new SSMClient({}).send(new PutParameterCommand({ Name: NAME, Value, Type: 'String', Overwrite: true }));

    it('stops while it is not there, says anything but false, or is gone again; and is asked anew each time', async () => {
      const { stopped } = await aws.outsideServices();

      expect(await stopped()).toBe(true);
      for (const [value, stops] of [
        ['false', false],
        ['true', true],
        ['False', false],
        ['off', true],
        ['false', false],
      ] as const) {
        await put(value);
        expect([value, await stopped()]).toEqual([value, stops]);
      }
      await new SSMClient({}).send(new DeleteParameterCommand({ Name: NAME }));
      expect(await stopped()).toBe(true);
    });

    it('keeps the planner from planning what ends sessions, and lets dry runs be', async () => {
      const plan = aws.planner.createHandler(aws.plannerServices);
      const at = (minute: string) => plan({ time: `2026-11-24T12:${minute}:00Z` });
      const taken = async () => {
        const what = { QueueUrl: queue, MaxNumberOfMessages: 10 };
        const { Messages = [] } = await new SQSClient({}).send(new ReceiveMessageCommand(what));
        return Messages.map(({ Body = '' }) => JSON.parse(Body).reaper).toSorted();
      };

      await put('true');
      expect(await at('00')).toEqual({ planned: 1 });
      expect(await taken()).toEqual(['looks']);
      await put('false');
      expect(await at('01')).toEqual({ planned: 2 });
      expect(await taken()).toEqual(['ends', 'looks']);
    });
  },
);
