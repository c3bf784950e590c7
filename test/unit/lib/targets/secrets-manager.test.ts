import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import type { SecretsClient } from '../../../../lib/targets/secret-store.ts';
import { createSecretsManagerDirectory, toCredentials } from '../../../../lib/targets/secrets-manager.ts';
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

const fields = {
  engine: 'mysql',
  host: 'db.example.com',
  port: 3307,
  username: 'warden',
  password: 'hunter2',
  dbname: 'app',
};
const read = (over: Record<string, unknown> = {}) => toCredentials(JSON.stringify({ ...fields, ...over }), 'pay');
const PIN = Array(32).fill('AB').join(':');
const errorOf = (text: string): AppError => {
  try {
    toCredentials(text, 'pay');
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('no AppError came');
};

describe('toCredentials', () => {
  it('reads the standard RDS secret, and lets other fields be', () => {
    expect(read({ dbInstanceIdentifier: 'db-1', masterarn: 'arn:aws:…' })).toEqual({
      host: 'db.example.com',
      port: 3307,
      user: 'warden',
      password: 'hunter2',
      database: 'app',
      tls: 'on',
    });
  });

  it.each([
    ['3308', 3308],
    [3306, 3306],
    [undefined, 3306],
  ])('takes port %j as %i', (port, expected) => {
    expect(read({ port }).port).toBe(expected);
  });

  it.each([
    ['a.b.eu-west-1.rds.amazonaws.com', 'rds'],
    ['A.B.EU-WEST-1.RDS.AMAZONAWS.COM', 'rds'],
    ['a.b.rds.cn-north-1.rds.amazonaws.com.cn', 'rds'],
    ['rds.amazonaws.com.evil.example', 'on'],
    ['evilrds.amazonaws.com', 'on'],
    ['127.0.0.1', 'on'],
  ])('secures %s with %s unless told', (host, tls) => {
    expect(read({ host }).tls).toBe(tls);
    expect(read({ host, tls: 'off' }).tls).toBe('off');
  });

  it('reads where administrators are let in, at the same host unless told', () => {
    expect(read({ adminPort: '33062' }).admin).toEqual({ host: 'db.example.com', port: 33_062 });
    expect(read({ adminPort: 3309, adminHost: '10.0.0.9' }).admin).toEqual({ host: '10.0.0.9', port: 3_309 });
    expect(() => read({ adminHost: '10.0.0.9' })).toThrow(
      expect.objectContaining({ detail: expect.stringContaining('without "adminPort"') }),
    );
    expect(() => read({ adminPort: 70_000 })).toThrow(
      expect.objectContaining({ detail: expect.stringContaining('adminPort') }),
    );
  });

  it('takes IAM in place of a password, over TLS only', () => {
    expect(read({ auth: 'iam', password: undefined })).toMatchObject({ iam: true, password: '', tls: 'on' });
    expect(read({ auth: 'password' })).not.toHaveProperty('iam');
    expect(read({ auth: 'iam', password: undefined, fingerprint: PIN })).toMatchObject({ iam: true });
    for (const tls of ['off', 'unverified'])
      expect(() => read({ auth: 'iam', tls })).toThrow(
        expect.objectContaining({ code: 'configuration-invalid', detail: expect.stringContaining('needs TLS') }),
      );
  });

  it('reads another name, a pinned certificate, and encryption that compares nothing', () => {
    expect(read({ serverName: 'db' })).toMatchObject({ tls: 'on', serverName: 'db' });
    expect(read({ fingerprint: PIN })).toMatchObject({ tls: 'on', fingerprint: 'ab'.repeat(32) });
    expect(read({ fingerprint: 'ab'.repeat(32), tls: 'rds' })).toMatchObject({ fingerprint: 'ab'.repeat(32) });
    expect(read({ tls: 'unverified' })).toMatchObject({ tls: 'unverified' });
  });

  it.each([
    { serverName: 'db', fingerprint: PIN },
    { serverName: 'db', tls: 'off' },
    { fingerprint: PIN, tls: 'off' },
    { fingerprint: PIN, tls: 'unverified' },
  ])('refuses what contradicts itself: %j', (over) => {
    expect(() => read(over)).toThrow(
      expect.objectContaining({ code: 'configuration-invalid', detail: expect.stringContaining('contradicts itself') }),
    );
  });

  it.each(['db.example.com:3306', '10.0.0.7:3306', '[2001:db8::1]:3306', ':3306'])(
    'refuses the host %s by name',
    (host) => {
      expect(() => read({ host })).toThrow(
        expect.objectContaining({ detail: 'target pay: its secret has a port in its "host": put it into "port".' }),
      );
    },
  );

  it.each(['2001:db8::1', '::1'])('takes the host %s', (host) => {
    expect(read({ host })).toMatchObject({ host, port: 3307 });
  });

  it.each(['dbClusterIdentifier', 'dbInstanceIdentifier'])(
    'says what to do about a secret with %s and no host',
    (name) => {
      expect(errorOf(JSON.stringify({ ...fields, host: undefined, [name]: 'db-1' })).detail).toMatch(
        /target pay: its secret has no "host", only an identifier.* add the endpoint as "host"/,
      );
    },
  );

  it('knows no database where dbname is empty or absent', () => {
    expect(read({ dbname: '' }).database).toBeUndefined();
    expect(read({ dbname: undefined }).database).toBeUndefined();
  });

  it.each([
    ['host', { host: 42 }],
    ['host', { host: 'a@b' }],
    ['port', { port: 0 }],
    ['port', { port: 65_536 }],
    ['port', { port: 1.5 }],
    ['port', { port: '3306; x' }],
    ['port', { port: '' }],
    ['username', { username: '' }],
    ['username', { username: undefined }],
    ['password', { password: null }],
    ['dbname', { dbname: {} }],
    ['tls', { tls: 'maybe' }],
    ['serverName', { serverName: 'a b' }],
    ['fingerprint', { fingerprint: 'ab'.repeat(31) }],
    ['fingerprint', { fingerprint: 'ab'.repeat(20) }],
  ])('refuses a wrong %s: %j', (field, over) => {
    const error = errorOf(JSON.stringify({ ...fields, ...over }));

    expect(error.code).toBe('configuration-invalid');
    expect(error.detail).toMatch(new RegExp(`^target pay: .*"${field}"`));
  });

  it.each([
    ['{"username":"a","password":"hunter2"}'],
    ['{"dbClusterIdentifier":"c","username":"a","password":"hunter2"}'],
  ])('says what to do about a secret that RDS manages: %s', (text) => {
    expect(errorOf(text).detail).toMatch(/has no "host".*RDS manages/);
  });

  it.each(['', 'hunter2', '"hunter2"', '["hunter2"]', 'null', '{"password":"hunter2"'])('refuses %j', (text) => {
    expect(errorOf(text).detail).toBe('target pay: its secret is not a JSON object.');
  });

  it('never tells a value, in no part of the error', () => {
    const mark = 'S3CR3T-VALUE';
    const wrong = fc.oneof(fc.constant(mark), fc.constant([mark]), fc.constant({ [mark]: mark }));
    fc.assert(
      fc.property(fc.subarray(Object.keys(fields), { minLength: 1 }), wrong, fc.boolean(), (names, value, cut) => {
        const text = JSON.stringify({
          ...fields,
          ...Object.fromEntries(names.map((name) => [name, value])),
          tls: mark,
        });
        const { message, detail, hint, stack, cause } = errorOf(cut ? text.slice(0, -1) : text);
        expect(JSON.stringify([message, detail, hint, stack, cause])).not.toContain(mark);
      }),
    );
  });
});
