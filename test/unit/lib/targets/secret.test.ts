import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { toCredentials } from '../../../../lib/targets/secret.ts';

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
