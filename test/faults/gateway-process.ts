import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../local/kernel/free-port.ts';

/** The local gateway in a process of its own. */
export interface GatewayProcess {
  readonly port: number;
  /** Bytes of memory that it holds now. */
  memory(): number;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 100_000;

const TOKEN = randomBytes(32).toString('base64url');
/** What the gateway asks for. */
export const headers = { authorization: `Bearer ${TOKEN}` } as const;

/** The limits that it has by default, but for those of time: a busy machine is no failure. */
const CONFIG = `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER], statements: full }]
timeouts: { connect: 25, statement: 25, overall: 25 }
`;

/** Serves a database through the local gateway. */
export async function startGateway(databaseUrl: string): Promise<GatewayProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'warden-load-'));
  writeFileSync(join(folder, 'warden.yaml'), CONFIG);
  const port = await freePort();
  const script = new URL('../../local/start.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    cwd: folder,
    env: {
      ...process.env,
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      AUDIT_FILE: join(folder, 'audit.sqlite'),
      WARDEN_TOKEN: TOKEN,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  for (const until = Date.now() + START_LIMIT_MS; ; await sleep(100)) {
    const answer = await fetch(`http://127.0.0.1:${port}/targets`, { headers }).catch(() => undefined);
    if (answer?.status === 200) break;
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error('the gateway did not start');
    }
  }
  const memory = () => {
    const [, kibibytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * 1024;
  };
  return { port, memory, stop };
}
