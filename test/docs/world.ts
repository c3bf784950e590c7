import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { freePort } from '../../local/kernel/free-port.ts';
import { Client, leave, urlAs } from '../engines/a-server.ts';
import { kernelUrl, npmStart, serving, signalGroup } from '../local/npm-start.ts';
import { ROOT } from './pages.ts';

/** What a command printed and how it ended. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real `npm start`, its kernel, and a folder for each page. */
export interface World {
  readonly port: number;
  /** Root's, on the kernel. */
  readonly url: string;
  /** Of the mysql client: how it logs in. */
  readonly clientOptions: string;
  /** Opens a session; with `sql` it begins that statement and does not wait for its end. */
  open(user: string, ...sql: readonly string[]): Promise<void>;
  /** Hangs up on all that {@link World.open} opened, and waits until the server lists none of them. */
  hangUp(): Promise<void>;
  /** Runs statements one after the other, and answers what each gave. */
  root(...statements: readonly string[]): Promise<readonly unknown[]>;
  /** A shell in a folder of its own, in which variables stay from one command to the next. */
  shell(page: string): Shell;
  close(): Promise<void>;
}

/** Where a page's commands run. */
export interface Shell {
  readonly folder: string;
  /** @param typed - what is typed at a terminal; without it the command has none */
  run(command: string, typed?: string): Promise<Ran>;
}

const LIMIT_MS = 120_000;
const DAY_US = 86_400_000_000;

/** Starts what the pages are about. */
export async function startWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'warden-docs-'));
  const port = await freePort();
  const env = { AUDIT_FILE: join(folder, 'audit.sqlite') };
  const started = await serving(npmStart(port, env, ROOT));
  const url = kernelUrl(started);
  const [, clientOptions = ''] = /mysql (--defaults-extra-file=.*) -e /.exec(started.output()) ?? [];
  const clients: Client[] = [];
  const password = randomBytes(18).toString('base64url');
  const users = new Set<string>();

  // A session of root's that stays would be in every list.
  async function root(...statements: readonly string[]): Promise<readonly unknown[]> {
    const connection = await createConnection(url);
    try {
      const answers: unknown[] = [];
      for (const sql of statements) answers.push((await connection.query(sql))[0]);
      return answers;
    } finally {
      connection.destroy();
    }
  }

  async function open(user: string, ...sql: readonly string[]): Promise<void> {
    if (!users.has(user)) {
      await root(
        `CREATE USER IF NOT EXISTS ${user}`,
        `ALTER USER ${user} IDENTIFIED BY '${password}'`,
        `GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO ${user}`,
      );
      users.add(user);
    }
    const at = new URL(urlAs(url, user, password));
    at.pathname = '/shop';
    const client = await Client.open(at.href);
    const { connection } = client;
    connection.on('error', () => {}); // it was killed, which is what it is for
    clients.push(client);
    await connection.query(`SET ob_query_timeout = ${DAY_US}, ob_trx_timeout = ${DAY_US}`);
    for (const [at, statement] of sql.entries()) {
      const done = connection.query(statement);
      if (at < sql.length - 1) await done;
      else done.catch(() => {});
    }
  }

  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const script = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const node = `exec '${process.execPath}' --disable-warning=ExperimentalWarning`;
  script('warden', `${node} '${join(ROOT, 'bin/warden.js')}' "$@"`);
  script('npx', 'exec "$@"');

  return {
    port,
    url,
    clientOptions,
    open,
    hangUp: () => leave(url, clients),
    root,
    shell: (page) => openShell(page, { folder, bin, env: { ...env, PORT: String(port) } }),
    close: async () => {
      for (const client of clients) client.close();
      signalGroup(started, 'SIGINT');
      await started.exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Place {
  readonly folder: string;
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
}

function openShell(page: string, { folder, bin, env }: Place): Shell {
  const own = join(folder, page.replaceAll('/', '-'));
  mkdirSync(own);
  const variables = join(own, '.variables');
  writeFileSync(variables, '');
  const { DATABASE_URL: _, TARGETS: __, WARDEN_CONFIG: ___, WARDEN_API: ____, ...inherited } = process.env;
  const all = { ...inherited, ...env, PATH: `${bin}:${inherited['PATH']}`, COLUMNS: '100', NO_COLOR: '1' };
  return {
    folder: own,
    run: (command, typed) => {
      const lines = [
        `set -a; . '${variables}'; set +a`,
        // npm runs scripts in the repository.
        `npm() { (cd '${ROOT}' && command npm "$@"); }`,
        command,
        `code=$?; for name in api auth body TOKEN URL WARDEN_API WARDEN_TOKEN; do if [ -n "\${!name}" ]; then declare -p "$name"; fi; done > '${variables}'; exit $code`,
      ];
      const file = join(own, '.command');
      writeFileSync(file, lines.join('\n'));
      const program =
        typed === undefined
          ? (['bash', [file]] as const)
          : (['script', ['-qec', `stty cols 100 -echo; bash '${file}'`, '/dev/null']] as const);
      return run(program, { cwd: own, env: all }, typed);
    },
  };
}

async function run(
  [program, args]: readonly [string, readonly string[]],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  typed = '',
): Promise<Ran> {
  const child = spawn(program, args, { ...options, stdio: 'pipe', timeout: LIMIT_MS });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = Promise.withResolvers<number | null>();
  child.on('close', ended.resolve);
  child.stdin.on('error', () => {}); // it read nothing
  // A terminal that is hung up ends what runs in it, so the line waits for the question.
  while (typed !== '' && child.exitCode === null && !stdout.includes('[y/N] ')) await sleep(20);
  child.stdin.end(typed);
  return { code: await ended.promise, stdout: stdout.replaceAll('\r\n', '\n'), stderr };
}
