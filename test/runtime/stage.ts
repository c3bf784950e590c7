import { afterAll, beforeAll } from 'vitest';
import { startDynamoDbLocal } from '../aws/dynamodb-local.ts';
import { startMoto } from '../aws/moto.ts';
import { Client } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { type Cloud, deploy } from './cloud.ts';
import type { Outcome } from './runtime-api.ts';
import { installRuntimeClient } from './runtime-client.ts';

const [{ file = '', skipped: noClient }, { moto, skipped: noMoto }, { dynamodb, skipped: noDynamo }] =
  await Promise.all([installRuntimeClient(), startMoto(), startDynamoDbLocal()]);
afterAll(() => Promise.all([moto?.stop(), dynamodb?.stop()]));

/** Why nothing can run here. */
export const skipped = noClient ?? noMoto ?? noDynamo;
export { dynamodb };

/** The engines that are there. */
export const present = engines.flatMap(({ name, url }) => (url === undefined ? [] : [{ name, url }]));

/** What the tests of bundles share: one deployment, which stands while they run. */
export interface Stage {
  readonly cloud: () => Cloud;
  /** Starts a function, hands it one event, and ends it. */
  readonly once: (name: string, event: unknown) => Promise<Outcome>;
  /** Opens a session, which is closed in the end. */
  readonly open: (url?: string) => Promise<Client>;
}

/** Deploys before the tests of the suite that this is called in. */
export function stage(): Stage {
  let deployed: Cloud | undefined;
  const clients: Client[] = [];
  beforeAll(async () => {
    if (moto !== undefined && dynamodb !== undefined) deployed = await deploy(file, moto.endpoint, dynamodb, engines);
  });
  afterAll(() => {
    for (const client of clients) client.close();
    deployed?.stop();
  });
  const cloud = () => {
    if (deployed === undefined) throw new Error('nothing is deployed');
    return deployed;
  };
  return {
    cloud,
    once: async (name, event) => {
      await using lambda = await cloud().start(name);
      return await lambda.invoke(event);
    },
    open: async (url = '') => {
      const client = await Client.open(url);
      client.connection.on('error', () => {});
      clients.push(client);
      return client;
    },
  };
}

/** What an HTTP function answered; an error of the function itself fails the test with its text. */
export function answered(outcome: Outcome): { readonly statusCode: number; readonly body: Record<string, unknown> } {
  const { statusCode, body } = rawAnswer(outcome);
  return { statusCode, body: JSON.parse(body) };
}

/** The same with its body as it is: an acknowledgement may be empty. */
export function rawAnswer(outcome: Outcome): { readonly statusCode: number; readonly body: string } {
  if ('error' in outcome) throw new Error(JSON.stringify(outcome.error));
  return outcome.answer as { statusCode: number; body: string };
}

/** The path of a session, and its parameters. */
export const session = (target: string, id: string) => [`/targets/${target}/sessions/${id}`, { target, id }] as const;
