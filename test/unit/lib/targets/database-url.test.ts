import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import type { Credentials } from '../../../../lib/targets/credentials.ts';
import { createUrlDirectory } from '../../../../lib/targets/database-url.ts';

const read = async (url: string): Promise<Credentials | undefined> => {
  const found: Credentials[] = [];
  for await (const candidate of createUrlDirectory(new Map([['t', url]])).candidates({ name: 't' }))
    found.push(candidate);
  expect(found).toHaveLength(1);
  return found[0];
};
const PIN = Array(32).fill('AB').join(':');
const errorOf = (url: string, name = 't'): AppError => {
  try {
    createUrlDirectory(new Map([[name, url]]));
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('no AppError came');
};

describe('createUrlDirectory', () => {
  it('reads every part, percent-decoded', async () => {
    await expect(read('mysql://us%40er:p%2F%3A%3F%23%40%25@db.example.com:3307/my%20db?tls=rds')).resolves.toEqual({
      host: 'db.example.com',
      port: 3307,
      user: 'us@er',
      password: 'p/:?#@%',
      database: 'my db',
      tls: 'rds',
    });
  });

  it('takes any user, password and database that encodeURIComponent wrote', async () => {
    // A lone surrogate has no percent-encoding.
    const text = fc.string({ unit: 'binary', minLength: 1 }).filter((part) => part.isWellFormed());
    await fc.assert(
      fc.asyncProperty(text, text, text, async (user, password, database) => {
        // The URL standard drops `.` and `..`; no database is called so.
        fc.pre(!/^\.\.?$/.test(database));
        const [u, p, d] = [user, password, database].map(encodeURIComponent);
        await expect(read(`mysql://${u}:${p}@h/${d}`)).resolves.toMatchObject({ user, password, database });
      }),
    );
  });

  it.each([
    ['mysql://u:p@[::1]:3307/', '::1', 3307, 'off'],
    ['mysql://u:p@[0:0:0:0:0:0:0:1]', '::1', 3306, 'off'],
    ['mysql://u:p@[2001:db8::1]', '2001:db8::1', 3306, 'on'],
    ['mysql://u:p@127.8.9.1', '127.8.9.1', 3306, 'off'],
    ['mysql://u:p@LocalHost/', 'LocalHost', 3306, 'off'],
    ['mysql://u:p@localhost.example.com', 'localhost.example.com', 3306, 'on'],
    ['mysql://u:p@127.evil.example', '127.evil.example', 3306, 'on'],
    ['mysql://u:p@10.0.0.7?tls=off', '10.0.0.7', 3306, 'off'],
    ['mysql://u:p@a.b.eu-west-1.rds.amazonaws.com', 'a.b.eu-west-1.rds.amazonaws.com', 3306, 'rds'],
  ])('reads host, port and TLS of %s', async (url, host, port, tls) => {
    await expect(read(url)).resolves.toMatchObject({ host, port, tls, database: undefined });
  });

  it.each([
    ['h?tls=unverified', { tls: 'unverified' }],
    ['127.0.0.1?tls=unverified', { tls: 'unverified' }],
    ['10.0.0.7?serverName=db.example.com', { tls: 'on', serverName: 'db.example.com' }],
    ['127.0.0.1?serverName=MySQL_Server_9.7.0', { tls: 'on', serverName: 'MySQL_Server_9.7.0' }],
    [`127.0.0.1?fingerprint=${PIN}`, { tls: 'on', fingerprint: 'ab'.repeat(32) }],
    [`h?tls=rds&fingerprint=${'aB'.repeat(32)}`, { tls: 'rds', fingerprint: 'ab'.repeat(32) }],
  ])('reads how %s is secured', async (rest, expected) => {
    await expect(read(`mysql://u:p@${rest}`)).resolves.toMatchObject(expected);
  });

  it('reads where administrators are let in, at the same host unless told', async () => {
    const admin = async (query: string) => (await read(`mysql://u:p@db/?tls=on&${query}`))?.admin;
    expect(await admin('adminPort=33062')).toEqual({ host: 'db', port: 33_062 });
    expect(await admin('adminPort=33062&adminHost=10.0.0.9')).toEqual({ host: '10.0.0.9', port: 33_062 });
    expect(await admin('')).toBeUndefined();
  });

  it('allows an empty password', async () => {
    await expect(read('mysql://root@127.0.0.1')).resolves.toMatchObject({ user: 'root', password: '' });
  });

  it.each([
    ['another scheme', 'postgres://u:hunter2@h', /mysql:\/\//],
    ['no URL', 'hunter2', /not valid/],
    ['an unknown parameter', 'mysql://u:hunter2@h/db?ssl=true', /only query parameters are tls/],
    ['an unknown TLS mode', 'mysql://u:hunter2@h/db?tls=maybe', /on, rds, unverified or off/],
    ['TLS given twice', 'mysql://u:hunter2@h/db?tls=on&tls=off', /once/],
    ['a bare # in the password', 'mysql://u:12#hunter2@h/db', /percent-encoded/],
    ['a bare / in the password', 'mysql://u:12/hunter2@h/db', /percent-encoded/],
    ['a bare ? in the password', 'mysql://u:12?hunter2@h/db', /only query parameters are tls/],
    ['a bare % in the password', 'mysql://u:hunter2%zz@h/db', /percent-encoding/],
    ['a server name that is none', 'mysql://u:hunter2@h/db?serverName=a/b', /serverName must be given once/],
    ['a short fingerprint', `mysql://u:hunter2@h/db?fingerprint=${PIN.slice(3)}`, /fingerprint must be given once/],
    ['two fingerprints', `mysql://u:hunter2@h/db?fingerprint=${PIN}&fingerprint=${PIN}`, /given once/],
    ['a fingerprint and a name', `mysql://u:hunter2@h/db?fingerprint=${PIN}&serverName=a`, /exclude each other/],
    ['a fingerprint that is not compared', `mysql://u:hunter2@h/db?fingerprint=${PIN}&tls=unverified`, /unverified/],
    ['a name without TLS', 'mysql://u:hunter2@h/db?serverName=a&tls=off', /off/],
    ['an admin port that is none', 'mysql://u:hunter2@h/db?adminPort=0x1', /adminPort/],
    ['an admin port too high', 'mysql://u:hunter2@h/db?adminPort=65536', /adminPort/],
    ['an admin host without its port', 'mysql://u:hunter2@h/db?adminHost=a', /adminPort/],
    ['an admin host that is none', 'mysql://u:hunter2@h/db?adminPort=1&adminHost=a/b', /adminHost/],
    ['no user', 'mysql://h/db', /no user/],
    ['no host', 'mysql://u:hunter2@/db', /not valid|no valid host/],
    ['a socket as host', 'mysql://u:hunter2@%2Ftmp%2Fs/db', /no valid host/],
    ['port 0', 'mysql://u:hunter2@h:0', /port/],
    ['a port too high', 'mysql://u:hunter2@h:65536', /not valid/],
  ])('refuses %s, and tells no password', (_case, url, detail) => {
    const error = errorOf(url);

    expect(error.code).toBe('configuration-invalid');
    expect(error.detail).toMatch(/^target t: /);
    expect(error.detail).toMatch(detail);
    expect(inspect(error)).not.toContain('hunter2');
  });

  it('refuses a name that is none', () => {
    expect(errorOf('mysql://u:p@h', '../x').detail).toMatch(/name/);
  });

  it('lists and finds what it was given, and nothing else', async () => {
    const directory = createUrlDirectory(new Map(['a', 'b'].map((name) => [name, 'mysql://u:p@h'])));

    await expect(directory.list()).resolves.toEqual([{ name: 'a' }, { name: 'b' }]);
    await expect(directory.find('b')).resolves.toEqual({ name: 'b' });
    await expect(directory.find('B')).resolves.toBeUndefined();
    await expect(directory.candidates({ name: 'c' })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'target-not-found',
    });
  });
});
