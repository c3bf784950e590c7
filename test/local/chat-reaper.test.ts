import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../local/kernel/free-port.ts';
import { kernelCache } from './kernel-cache.ts';
import { npmStart, type Started, serving, signalGroup, until } from './npm-start.ts';

const run = promisify(execFile);
let cache: string;
let noKernel: string | undefined;
let env: NodeJS.ProcessEnv;
let started: Started | undefined;

beforeAll(async () => {
  ({ cache, noKernel } = await kernelCache());
  if (noKernel !== undefined) return;
  const port = await freePort();
  env = { ...process.env, XDG_CACHE_HOME: cache, PORT: String(port) };
  started = await serving(npmStart(port, { XDG_CACHE_HOME: cache }));
});
afterAll(async () => {
  if (started !== undefined) {
    signalGroup(started, 'SIGINT');
    await started.exit;
  }
  rmSync(cache, { recursive: true, force: true, maxRetries: 10 });
});
const chat = async (...words: string[]): Promise<string> =>
  (await run('npm', ['run', '--silent', 'chat', '--', ...words], { env })).stdout;

describe('npm run chat, with the sessions of npm start', () => {
  it('shows the warning of a reaper, and keeps the session by its button', async (context) => {
    context.skip(noKernel !== undefined, noKernel);
    // The rule takes a session that has slept for ten seconds.
    await until(
      async () => (await chat('slack', '/warden reap local warned-demo')).includes('Warn of these 1'),
      300_000,
    );
    const shown = await chat('slack', '/warden reap local warned-demo', '1', 'watch', '1');
    expect(shown).toContain('warned-demo will end a session on local in 1m');
    expect(shown).toMatch(/> Keep it for 30m[\s\S]*ada .* · kept by local-operator for/);
  });

  it('shows what an alert is about, ends it by the button there, and says who holds no one up any more', async (context) => {
    context.skip(noKernel !== undefined, noKernel);
    const shown = await chat('alert', 'local', '1', '1');
    expect(shown).toMatch(
      /^Alert: ConnectionsFull\nWho waits for whom on local:\n\d+ ada, holds up 1 .*\n└─ \d+ app waits .*\nblocks 1 · \d+ · ada /,
    );
    expect(shown).toContain('The session was ended.');
    expect(await chat('feishu', '/warden blockers local')).toContain('No session blocks another on local');
  });
});
