import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePort } from '../../local/kernel/free-port.ts';
import { commandOf } from '../../local/kernel/process-table.ts';
import { standInDatabase } from '../support/wire.ts';
import { kernelCache } from './kernel-cache.ts';
import { kernelUrl, npmStart, type Started, serving, signalGroup, until } from './npm-start.ts';

const listSchema = z.object({ sessions: z.array(z.object({ id: z.string(), user: z.string().nullable() })) });

let cache: string;
let noKernel: string | undefined;
const begun: Started[] = [];

beforeAll(async () => {
  ({ cache, noKernel } = await kernelCache());
});
afterEach(async () => {
  for (const started of begun.splice(0)) {
    signalGroup(started, 'SIGKILL');
    await started.exit;
  }
});
afterAll(() => rmSync(cache, { recursive: true, force: true, maxRetries: 10 }));

function start(port: number, env: Readonly<NodeJS.ProcessEnv> = {}): Started {
  const started = npmStart(port, { XDG_CACHE_HOME: cache, ...env });
  begun.push(started);
  return started;
}
async function listSessions({ address }: Started) {
  const answer = await fetch(`${address}/targets/local/sessions`);
  return listSchema.parse(await answer.json()).sessions;
}
const runs = () => readdirSync(join(cache, 'session-warden', 'runs'));
const kernelPids = () =>
  runs()
    .filter((name) => name.endsWith('.json'))
    .map((name): number => JSON.parse(readFileSync(join(cache, 'session-warden', 'runs', name), 'utf8')).kernel);

describe('npm start', () => {
  it('shows sessions, and Ctrl-C ends all that it started', async (context) => {
    context.skip(noKernel !== undefined, noKernel);
    const port = await freePort();
    const started = await serving(start(port));
    const [kernel = 0] = kernelPids();
    expect(commandOf(kernel)).toContain('seekdb');

    const sessions = await listSessions(started);
    expect(sessions.map(({ user }) => user)).toEqual(expect.arrayContaining(['app', 'report', 'ada']));
    const connection = await createConnection(kernelUrl(started));
    const [rows] = await connection.query<RowDataPacket[]>('SHOW FULL PROCESSLIST');
    connection.destroy();
    const listed = sessions.filter(({ user }) => user !== 'root');
    for (const { id } of listed) expect(rows.map((row) => String(row['Id']))).toContain(id);

    signalGroup(started, 'SIGINT');
    await started.exit;
    await until(() => commandOf(kernel) === undefined && runs().length === 0);
    await expect(fetch(started.address)).rejects.toThrow();
  });

  it('starts again on the same port after everything was killed', async (context) => {
    context.skip(noKernel !== undefined, noKernel);
    const port = await freePort();
    const first = await serving(start(port));
    const [kernel = 0] = kernelPids();
    signalGroup(first, 'SIGKILL');
    await first.exit;
    const second = await serving(start(port));
    expect((await fetch(`${second.address}/targets`)).status).toBe(200);
    await until(() => commandOf(kernel) === undefined);
    signalGroup(second, 'SIGTERM');
    await second.exit;
    await until(() => runs().length === 0);
  });

  it('ends when npm was killed, and leaves neither port nor kernel', async (context) => {
    context.skip(noKernel !== undefined, noKernel);
    const port = await freePort();
    const first = await serving(start(port));
    first.child.kill('SIGKILL');
    await until(() => runs().length === 0);
    const second = await serving(start(port));
    signalGroup(second, 'SIGHUP');
    await second.exit;
  });

  it('says so when the port is in use, and fetches and starts nothing', async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const started = start(port, { XDG_CACHE_HOME: join(cache, 'empty') });
    expect(await started.exit).toBe(1);
    expect(started.output()).toContain(`Port ${port} is in use`);
    expect(readdirSync(cache)).not.toContain('empty');
    other.close();
  });

  it.each([
    [{ PORT: '70000' }, 'PORT must be a number'],
    [{ DATABASE_URL: 'mysql://root:secret%zz@127.0.0.1' }, 'password'],
    [{ DATABASE_URL: 'mysql://root@127.0.0.1:1', WARDEN_CONFIG: '/nowhere.yaml' }, '/nowhere.yaml'],
    [{ TARGETS: '/nowhere.yaml' }, 'TARGETS'],
  ])('names what is wrong with %j and quotes no password', async (env, what) => {
    const started = start(await freePort(), env);
    expect(await started.exit).toBe(1);
    expect(started.output()).toContain(what);
    expect(started.output()).not.toContain('secret');
  });

  it('says what is wrong with its server before it serves, with a hint', async () => {
    const started = await serving(
      start(await freePort(), { DATABASE_URL: 'mysql://root@127.0.0.1:1', AUDIT_FILE: join(cache, 'audit.sqlite') }),
    );
    expect(started.output()).toContain('local cannot be reached. Nothing listens at the address');
    expect(started.output()).toContain('Check that the server is running');
    expect(started.output()).not.toMatch(/secret|security group/);
  });

  it('serves where one of several servers lets it in, and names the others', async () => {
    const { url, server } = await standInDatabase();
    const file = join(cache, 'targets.yaml');
    writeFileSync(file, `up: ${url}\ndown: mysql://root@127.0.0.1:1\n`);
    const started = await serving(start(await freePort(), { TARGETS: file, AUDIT_FILE: join(cache, 'audit.sqlite') }));
    expect(started.output()).toContain('down cannot be reached. Nothing listens');
    expect(started.output()).not.toContain('up cannot be reached');
    server.close();
  });
});
