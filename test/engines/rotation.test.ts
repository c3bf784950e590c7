import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createServices, type Services } from '../../lib/services.ts';
import { createSecretsManagerDirectory } from '../../lib/targets/secrets-manager.ts';
import { aClient, create } from '../aws/a-directory.ts';
import { startMoto } from '../aws/moto.ts';
import { memoryAuditStore } from '../support/memory-audit-store.ts';
import { operatorConfig } from '../support/operator-config.ts';
import { Client, kill, list, urlAs } from './a-server.ts';
import { engines } from './engines.ts';

const { moto, skipped } = await startMoto();
const client = aClient(moto?.endpoint ?? 'http://127.0.0.1:1');
afterAll(async () => {
  client.destroy();
  await moto?.stop();
});
const why = skipped ? ` - skipped: ${skipped}` : '';
const USER = 'warden_rotated';
const ROTATIONS = 6;
const quoted = (password: string) => `'${password}'`;

/** How the server takes a new password: at once, or beside the one before until the secret tells it. */
const WAYS = {
  'at once': { set: (password: string) => `ALTER USER ${USER} IDENTIFIED BY ${quoted(password)}`, after: null },
  'with both passwords for a while': {
    set: (password: string) => `ALTER USER ${USER} IDENTIFIED BY ${quoted(password)} RETAIN CURRENT PASSWORD`,
    after: `ALTER USER ${USER} DISCARD OLD PASSWORD`,
  },
} as const;

describe.each(engines)(`rotation under load on $name${why}`, ({ name, url = '' }) => {
  let root: Connection | undefined;
  afterEach(async () => {
    for (const user of [USER, 'warden_rot_app']) await root?.query(`DROP USER IF EXISTS ${user}`);
    root?.destroy();
  });

  /** The four steps of a rotation function for one user, and what AWS does besides: a version that is current is not pending. */
  async function rotate(secret: string, { set, after }: (typeof WAYS)[keyof typeof WAYS]): Promise<void> {
    const password = randomUUID();
    const text = (now: string) => JSON.stringify({ ...JSON.parse(now), password });
    const now = await client.send(new GetSecretValueCommand({ SecretId: secret, VersionStage: 'AWSCURRENT' }));
    const { VersionId: pending } = await client.send(
      new PutSecretValueCommand({
        SecretId: secret,
        SecretString: text(now.SecretString ?? ''),
        VersionStages: ['AWSPENDING'],
      }),
    );
    await sleep(50);
    await root?.query(set(password));
    await (await createConnection(urlAs(url, USER, password))).end();
    await sleep(100);
    const stage = { SecretId: secret, MoveToVersionId: pending, RemoveFromVersionId: now.VersionId };
    await client.send(new UpdateSecretVersionStageCommand({ ...stage, VersionStage: 'AWSCURRENT' }));
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: secret,
        VersionStage: 'AWSPENDING',
        RemoveFromVersionId: pending,
      }),
    );
    if (after !== null) await root?.query(after);
    await sleep(100);
  }

  /** One after the other until it is over, and what became of each. */
  async function until(isOver: () => boolean, work: () => Promise<unknown>): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    let done = 0;
    for (; !isOver(); done++) await work().catch((error: unknown) => failures.push(error));
    expect(done).toBeGreaterThan(ROTATIONS);
    return failures;
  }

  async function prepare(): Promise<Services> {
    root = await createConnection(url);
    for (const user of [USER, 'warden_rot_app']) {
      await root.query(`DROP USER IF EXISTS ${user}`);
      await root.query(`CREATE USER ${user} IDENTIFIED BY 'first'`);
    }
    await root.query(`GRANT ALL PRIVILEGES ON *.* TO ${USER}`);
    const { hostname: host, port } = new URL(url);
    const login = { engine: 'mysql', host, port: Number(port), username: USER, password: 'first', tls: 'off' };
    const prefix = `rotation-${randomUUID()}/`;
    await create(client, `${prefix}local`, JSON.stringify(login));
    const directory = createSecretsManagerDirectory({ prefix, client });
    return Object.assign(createServices(operatorConfig, directory, memoryAuditStore()), { prefix });
  }

  // The dual passwords are MySQL's own.
  it.skipIf(!url || !moto).each(Object.entries(WAYS).filter(([way]) => way === 'at once' || name === 'mysql'))(
    'fails no list and no kill while the password changes %s',
    async (_way, way) => {
      const services = await prepare();
      const { prefix } = services as Services & { readonly prefix: string };
      let isOver = false;
      const ends: string[] = [];
      const killOne = async () => {
        const victim = await Client.open(urlAs(url, 'warden_rot_app', 'first'));
        victim.connection.on('error', () => {});
        try {
          ends.push((await kill(services, victim.id, 'connection')).outcome);
        } finally {
          victim.close();
        }
      };
      const load = [
        ...Array.from({ length: 3 }, () => until(() => isOver, killOne)),
        ...Array.from({ length: 3 }, () =>
          until(
            () => isOver,
            () => list(services, { limit: 10 }),
          ),
        ),
      ];
      try {
        for (let round = 0; round < ROTATIONS; round++) await rotate(`${prefix}local`, way);
      } finally {
        isOver = true;
      }

      expect((await Promise.all(load)).flat()).toEqual([]);
      expect(new Set(ends)).toEqual(new Set(['terminated']));
      // The password of the beginning lets nobody in any more: what the load used did change under it.
      await expect(createConnection(urlAs(url, USER, 'first'))).rejects.toMatchObject({ errno: 1045 });
    },
  );
});
