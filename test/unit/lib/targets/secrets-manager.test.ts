import { describe, expect, it } from 'vitest';
import type { SecretsClient } from '../../../../lib/targets/secret-store.ts';
import { createSecretsManagerDirectory } from '../../../../lib/targets/secrets-manager.ts';
import { fault, noSecret, noValue, secret, setup } from '../credentials/fake-secrets-manager.ts';

describe('createSecretsManagerDirectory', () => {
  it('lists exactly what is under the prefix, over all pages', async () => {
    const { directory, requests } = setup({}, [['w/b', 'W/c', 'x/w/d'], [], ['w/a', 'ww/e']]);

    await expect(Promise.all([directory.list(), directory.list()])).resolves.toEqual([
      [{ name: 'a' }, { name: 'b' }],
      [{ name: 'a' }, { name: 'b' }],
    ]);
    expect(requests).toEqual(['list 0', 'list 1', 'list 2']);
  });

  it('skips names that cannot be targets, and warns once', async () => {
    const { directory, warnings, pass } = setup({}, [['w/ok', 'w/', 'w/a/b', 'w/-x', `w/${'n'.repeat(101)}`]]);

    await expect(directory.list()).resolves.toEqual([{ name: 'ok' }]);
    pass(301);
    await directory.list();

    expect(warnings).toEqual([expect.stringMatching(/^4 secrets under w\/ /)]);
  });

  it.each(['../x', 'a/b', '', 'arn:aws:secretsmanager:…', 'ä'])(
    'asks AWS nothing for a target called %j',
    async (name) => {
      const { directory, requests } = setup();

      await expect(directory.find(name)).resolves.toBeUndefined();

      expect(requests).toEqual([]);
    },
  );

  it('finds what is there, and asks again for what was not', async () => {
    const { directory, values, requests } = setup({
      'w/gone@AWSCURRENT': fault('InvalidRequestException', 'It was marked for deletion.'),
    });

    await expect(directory.find('a')).resolves.toBeUndefined();
    await expect(directory.find('gone')).resolves.toBeUndefined();
    values['w/a@AWSCURRENT'] = 'not even JSON';
    await expect(directory.find('a')).resolves.toEqual({ name: 'a' });
    await expect(directory.find('a')).resolves.toEqual({ name: 'a' });

    expect(requests.filter((request) => request === 'w/a@AWSCURRENT')).toHaveLength(2);
  });

  it('gives the cached, then the fresh, then the pending login', async () => {
    const { directory, values, passwords } = setup({ 'w/a@AWSCURRENT': secret('old') });
    await directory.find('a');
    values['w/a@AWSCURRENT'] = secret('new');
    values['w/a@AWSPENDING'] = secret('pending');

    await expect(passwords('a')).resolves.toEqual(['old', 'new', 'pending']);
    await expect(passwords('a')).resolves.toEqual(['new', 'pending']);
  });

  it('gives what became current between its reads, where nothing is pending any more', async () => {
    const { directory, values, passwords } = setup({ 'w/a@AWSCURRENT': secret('old') });
    Object.defineProperty(values, 'w/a@AWSPENDING', {
      get: () => {
        values['w/a@AWSCURRENT'] = secret('new');
        return undefined;
      },
    });
    await directory.find('a');

    await expect(passwords('a')).resolves.toEqual(['old', 'new']);
  });

  it('offers a version once that was promoted since, and is still called pending', async () => {
    const { directory, values, passwords } = setup({ 'w/a@AWSCURRENT': secret('old') });
    await directory.find('a');
    values['w/a@AWSCURRENT'] = values['w/a@AWSPENDING'] = secret('new');

    await expect(passwords('a')).resolves.toEqual(['old', 'new']);
  });

  it('asks AWS for nothing more while the first login is taken', async () => {
    const { directory, requests } = setup({ 'w/a@AWSCURRENT': secret('p') });

    for await (const _first of directory.candidates({ name: 'a' })) break;
    for await (const _first of directory.candidates({ name: 'a' })) break;

    expect(requests).toEqual(['w/a@AWSCURRENT']);
  });

  it.each([
    ['the same login', secret('p')],
    ['no such stage', noValue()],
  ])('ends after the current login where AWSPENDING has %s', async (_case, pending) => {
    const { passwords } = setup({ 'w/a@AWSCURRENT': secret('p'), 'w/a@AWSPENDING': pending });

    await expect(passwords('a')).resolves.toEqual(['p']);
  });

  it('offers a login again where only the host differs', async () => {
    const { passwords } = setup({ 'w/a@AWSCURRENT': secret('p'), 'w/a@AWSPENDING': secret('p', 'h2') });

    await expect(passwords('a')).resolves.toEqual(['p', 'p']);
  });

  it.each([
    ['is malformed', '{"username":"u"}', 'configuration-invalid'],
    ['has no value yet', noValue(), 'configuration-invalid'],
    ['is gone', noSecret(), 'target-not-found'],
    ['cannot be read', fault('ThrottlingException'), 'credentials-unavailable'],
  ])('rejects where the secret %s', async (_case, value, code) => {
    const { passwords } = setup({ 'w/a@AWSCURRENT': value });

    await expect(passwords('a')).rejects.toMatchObject({ code });
  });

  it('does not keep a failure, and keeps its cause', async () => {
    const cause = fault('ThrottlingException');
    const { directory, values } = setup({ 'w/a@AWSCURRENT': cause });

    await expect(directory.find('a')).rejects.toMatchObject({ code: 'credentials-unavailable', cause });
    values['w/a@AWSCURRENT'] = secret('p');
    await expect(directory.find('a')).resolves.toEqual({ name: 'a' });
  });

  it.each(['', '!prod', 'a b', 'é'])('refuses the prefix %j', (prefix) => {
    const client = { send: async () => ({}) } as unknown as SecretsClient;

    expect(() => createSecretsManagerDirectory({ prefix, client })).toThrow(
      expect.objectContaining({ code: 'configuration-invalid' }),
    );
  });
});
