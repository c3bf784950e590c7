import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePort } from '../../local/kernel/free-port.ts';
import { standInDatabase } from '../support/wire.ts';
import { kernelCache } from './kernel-cache.ts';
import { kernelUrl, npmStart, type Started, serving, signalGroup } from './npm-start.ts';

// Any but our own; nobody needs to have made an account for it.
const OTHER = 65_534;
const noOther = process.getuid?.() === 0 ? undefined : 'only root can be another user besides';
const SECRET = 'canary-of-the-developer';
const gotSchema = z.object({
  uid: z.number(),
  listeners: z.number(),
  knocks: z.number(),
  asRoot: z.record(z.string(), z.array(z.string())),
  files: z.array(z.string()),
  looked: z.number(),
  calls: z.array(z.number()),
});

let home: string;
let cache: string;
let noKernel: string | undefined;
beforeAll(async () => {
  ({ cache, noKernel } = await kernelCache());
  home = mkdtempSync(join(tmpdir(), 'warden-developer-'));
  writeFileSync(join(home, 'secret'), SECRET, { mode: 0o600 });
  // As a home and its cache are for most people: what is below is ours to close.
  for (const folder of [home, cache, join(cache, 'session-warden')]) chmodSync(folder, 0o755);
});
afterAll(() => {
  for (const folder of [home, cache]) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

/** A process of another user, with the lines that it prints. */
async function another() {
  const script = join(import.meta.dirname, 'second-user.ts');
  const args = [String(OTHER), cache, join(home, 'secret'), join(home, 'written')];
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [script, ...args], { stdio: 'pipe' });
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => (await lines.next()).value ?? '';
  expect(await next()).toBe('watching');
  return {
    call: async (url: string, file: string) => {
      child.stdin.write(`call ${url} ${file}\n`);
      expect(await next()).toBe('called');
    },
    end: async () => {
      child.stdin.write('end\n');
      return gotSchema.parse(JSON.parse(await next()));
    },
    kill: () => child.kill('SIGKILL'),
  };
}

async function ended(started: Started | undefined): Promise<void> {
  if (started === undefined) return;
  signalGroup(started, 'SIGINT');
  await started.exit;
}

describe('another user of this machine', () => {
  it('gets nothing through the embedded kernel, from its first moment on', async (context) => {
    context.skip(noKernel !== undefined, noKernel);
    context.skip(noOther !== undefined, noOther);
    const port = await freePort();
    const other = await another();
    let started: Started | undefined;
    try {
      started = await serving(npmStart(port, { XDG_CACHE_HOME: cache }));
      const got = await other.end();
      expect(got).toMatchObject({ uid: OTHER, files: [] });
      const url = kernelUrl(started);
      const kernelPort = new URL(url).port;
      // Other servers may begin on this machine meanwhile, which are not ours to close.
      const isOurs = (way: string): boolean => way.includes(cache) || way.endsWith(`:${kernelPort}`);
      expect(Object.entries(got.asRoot).filter(([way]) => isOurs(way))).toEqual([]);
      expect(existsSync(join(home, `written${kernelPort}`))).toBe(false);
      // It did see the gateway and the kernel, and tried.
      expect(got.listeners).toBeGreaterThanOrEqual(2);
      expect(got.knocks).toBeGreaterThan(10);
      expect(got.looked).toBeGreaterThan(0);

      const owner = await createConnection(url);
      const [[row]] = await owner.query<RowDataPacket[]>('SELECT @@secure_file_priv AS files, CURRENT_USER() AS user');
      expect(readFileSync(`${row?.['files']}/../client.cnf`, 'utf8')).toContain(
        decodeURIComponent(new URL(url).password),
      );
      // Not even with the password.
      await owner.query('CREATE TABLE shop.lines (line TEXT)');
      await expect(
        owner.query(`LOAD DATA INFILE '${join(home, 'secret')}' INTO TABLE shop.lines`),
      ).rejects.toMatchObject({ errno: expect.any(Number) });
      await expect(owner.query(`SELECT 1 INTO OUTFILE '${join(home, 'written')}'`)).rejects.toMatchObject({
        errno: expect.any(Number),
      });
      owner.destroy();
    } finally {
      other.kill();
      await ended(started);
    }
  });

  it('gets no answer of the gateway to one’s own server', async (context) => {
    context.skip(noOther !== undefined, noOther);
    const port = await freePort();
    const { url, server } = await standInDatabase();
    const other = await another();
    let started: Started | undefined;
    try {
      const own = { DATABASE_URL: url, AUDIT_FILE: join(cache, 'audit.sqlite') };
      started = await serving(npmStart(port, { XDG_CACHE_HOME: cache, ...own }));
      const file = join(cache, 'session-warden', `gateway-${port}.header`);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      await other.call(started.address, file);
      const { uid, calls, files } = await other.end();
      expect([uid, files]).toEqual([OTHER, []]);
      expect(calls).toHaveLength(18);
      expect(new Set(calls)).toEqual(new Set([401]));
      const authorization = readFileSync(file, 'utf8').trim().replace('Authorization: ', '');
      expect((await fetch(`${started.address}/targets`, { headers: { authorization } })).status).toBe(200);
    } finally {
      other.kill();
      server.close();
      await ended(started);
    }
    expect(existsSync(join(cache, 'session-warden', `gateway-${port}.header`))).toBe(false);
  });
});
