import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../local/kernel/free-port.ts';
import { standInDatabase } from '../support/wire.ts';
import { npmStart, type Started, serving, signalGroup } from './npm-start.ts';

const folder = mkdtempSync(join(tmpdir(), 'chat-'));
const run = promisify(execFile);
let port: number;
let started: Started;
let database: Awaited<ReturnType<typeof standInDatabase>>;
const env = () => ({
  PORT: String(port),
  AUDIT_FILE: join(folder, 'audit.sqlite'),
  CHAT_SECRETS_FILE: join(folder, 'chat-secrets.json'),
});
beforeAll(async () => {
  port = await freePort();
  database = await standInDatabase();
  started = await serving(npmStart(port, { ...env(), DATABASE_URL: database.url }));
  // What is asked here needs none: it may go again.
  database.server.close();
});
afterAll(async () => {
  signalGroup(started, 'SIGINT');
  await started.exit;
  rmSync(folder, { recursive: true });
});
const chat = (...words: string[]) =>
  run('npm', ['run', '--silent', 'chat', '--', ...words], { env: { ...process.env, ...env() } });

describe('npm run chat', () => {
  it.each(['slack', 'feishu'])('plays %s, and prints the answer', async (platform) => {
    expect((await chat(platform, '/warden help')).stdout).toContain('You are local-operator.');
    expect((await chat(platform, '/warden sesions local')).stdout).toContain('Did you mean sessions?');
    expect((await chat(platform, '/warden health local')).stdout).toContain('local is not reachable');
  });

  it('plays DingTalk, which shows only', async () => {
    expect((await chat('dingtalk', '/warden help')).stdout).toContain('You are local-operator.');
    expect((await chat('dingtalk', '/warden kill local 7 x')).stdout).toContain('Nothing can be ended from here');
  });

  it('plays a machine and an alert, whose answers are posted at a place', async () => {
    expect((await chat('webhook', 'health local')).stdout).toContain('local is not reachable');
    expect((await chat('alert', 'nowhere')).stdout).toContain('The target does not exist');
  });

  it('says how it is used', async () => {
    await expect(chat('irc', 'x')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('Usage:') });
  });
});
