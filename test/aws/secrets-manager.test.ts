import {
  DeleteSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSecretsManagerDirectory } from '../../lib/targets/secrets-manager.ts';
import { aClient, create, directoriesOf, login, put } from './a-directory.ts';
import { atEmulator } from './at-emulator.ts';
import { startMoto } from './moto.ts';

const { moto, skipped } = await startMoto();
const client = aClient(moto?.endpoint ?? 'http://127.0.0.1:1');
afterAll(async () => {
  client.destroy();
  await moto?.stop();
});

describe.skipIf(!moto)(`targets in Secrets Manager (moto)${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  const aDirectory = directoriesOf(new SecretsManagerClient({ ...atEmulator(moto?.endpoint), maxAttempts: 1 }));
  beforeAll(() => moto?.reset());

  it('lists 2,100 secrets over all pages, and nothing beside the exact prefix', async () => {
    const names = Array.from({ length: 2_100 }, (_, i) => `db-${String(i).padStart(4, '0')}`);
    const strangers = ['Many/db', 'many', 'x/many/db', 'manyx', 'many-db', 'db/many/'];
    // One by one: moto answers with an error page now and then to many that create at once.
    for (const name of [...names.map((name) => `many/${name}`), ...strangers]) await create(client, name, login('p'));
    await create(client, 'many/not/a-target', login('p'));
    const { directory, requests, warnings, pass } = aDirectory('many/');

    const [listed] = await Promise.all([directory.list(), directory.list(), directory.list()]);

    expect(listed.map(({ name }) => name)).toEqual(names);
    expect(requests()).toBe(22);
    expect(warnings).toHaveLength(1);
    await expect(directory.find('db-0249')).resolves.toEqual({ name: 'db-0249' });
    await expect(directory.find('DB-0249')).resolves.toBeUndefined();
    await expect(directory.find('../x/many/db')).resolves.toBeUndefined();

    await create(client, 'many/new', login('p'));
    pass(299);
    expect(await directory.list()).toHaveLength(2_100);
    pass(1);
    expect((await directory.list()).at(-1)).toEqual({ name: 'new' });
  });

  it('lists and finds by tag, with and without a prefix', async () => {
    const ours = { Key: 'fleet', Value: 'prod' };
    await create(client, 'tagged/a', login('p'), [{ Key: 'x', Value: 'y' }, ours]);
    await create(client, 'tagged/b', login('p'), [{ Key: 'fleet', Value: 'production' }]);
    await create(client, 'tagged/c', login('p'), [
      { Key: 'fleet', Value: 'test' },
      { Key: 'stage', Value: 'prod' },
    ]);
    await create(client, 'tagged/d', login('p'));
    await create(client, 'elsewhere', login('p'), [ours]);
    const tag = { key: 'fleet', value: 'prod' };
    const under = aDirectory('tagged/', tag);

    await expect(under.directory.list()).resolves.toEqual([{ name: 'a' }]);
    await expect(aDirectory('', tag).directory.list()).resolves.toEqual([{ name: 'elsewhere' }]);
    await expect(under.passwords('a')).resolves.toEqual(['p']);
    for (const name of ['b', 'c', 'd', 'none']) await expect(under.directory.find(name)).resolves.toBeUndefined();
    await expect(aDirectory('', tag).directory.find('elsewhere')).resolves.toEqual({ name: 'elsewhere' });
  });

  it('makes one request for concurrent finds, and none again while it is kept', async () => {
    await create(client, 'one/a', login('p'));
    const { directory, requests, pass } = aDirectory('one/');

    await Promise.all(Array.from({ length: 20 }, () => directory.find('a')));
    pass(299);
    await directory.find('a');
    expect(requests()).toBe(1);

    pass(1);
    await directory.find('a');
    expect(requests()).toBe(2);
  });

  it('follows a rotation: current, fresh once the kept one is stale, then pending', async () => {
    await create(client, 'rot/a', login('v1'));
    const { passwords } = aDirectory('rot/');
    await expect(passwords('a')).resolves.toEqual(['v1']);

    const { VersionId: pending } = await put(client, 'rot/a', 'v2', 'AWSPENDING');
    await expect(passwords('a')).resolves.toEqual(['v1', 'v2']);

    await put(client, 'rot/a', 'v1b', 'AWSCURRENT');
    await put(client, 'rot/a', 'v3', 'AWSPENDING');
    await expect(passwords('a')).resolves.toEqual(['v1', 'v1b', 'v3']);
    expect(pending).toEqual(expect.any(String));
  });

  it('offers a promoted version once, though AWSPENDING still points to it', async () => {
    const { VersionId: first } = await create(client, 'promoted/a', login('v1'));
    const { VersionId: second } = await put(client, 'promoted/a', 'v2', 'AWSPENDING');
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: 'promoted/a',
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: second,
        RemoveFromVersionId: first,
      }),
    );

    await expect(aDirectory('promoted/').passwords('a')).resolves.toEqual(['v2']);
  });

  it.each([
    ['scheduled', { RecoveryWindowInDays: 7 }],
    ['at once', { ForceDeleteWithoutRecovery: true }],
  ])('forgets a secret whose deletion is %s', async (how, options) => {
    const prefix = `deleted-${how.replace(' ', '-')}/`;
    await create(client, `${prefix}a`, login('p'));
    const { directory, passwords, pass } = aDirectory(prefix);
    await directory.find('a');
    await client.send(new DeleteSecretCommand({ SecretId: `${prefix}a`, ...options }));

    await expect(passwords('a')).rejects.toMatchObject({ code: 'target-not-found' });
    pass(300);
    await expect(directory.find('a')).resolves.toBeUndefined();
    await expect(directory.list()).resolves.toEqual([]);
  });

  it.each([
    ['malformed', '{"username":"u","password":"hunter2"}', /^target a: its secret has no "host"/],
    ['of bytes', undefined, /^target a: its secret holds no text/],
  ])('finds a secret that is %s, and says so when it is used', async (what, text, detail) => {
    const prefix = `${what.replaceAll(' ', '-')}/`;
    await create(client, `${prefix}a`, text);
    const { directory, passwords } = aDirectory(prefix);

    await expect(directory.find('a')).resolves.toEqual({ name: 'a' });
    await expect(passwords('a')).rejects.toMatchObject({
      code: 'configuration-invalid',
      detail: expect.stringMatching(detail),
    });
  });

  it('keeps no failure when AWS cannot be reached', async () => {
    const gone = new SecretsManagerClient({ ...atEmulator(), maxAttempts: 1 });
    const directory = createSecretsManagerDirectory({ prefix: 'one/', client: gone });

    for (const ask of [() => directory.list(), () => directory.find('a'), () => directory.find('a')]) {
      await expect(ask()).rejects.toMatchObject({ code: 'credentials-unavailable', cause: expect.any(Error) });
    }
  });
});
