/**
 * Another user of this machine, played by a process that root starts and that gives up all that root may do:
 * `node second-user.ts UID WATCH-FOLDER SECRET TARGET`. It watches for servers that begin to listen, tries to be root there from the first
 * moment on, to read and write a file of the developer, and to reach whatever lies below the folder. Reads lines of its input:
 * `call URL [FILE]` asks a gateway, with that file's header; `end` prints what it got, as JSON.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';

const [uid = '', folder = '', secret = '', target = ''] = process.argv.slice(2);
const got = {
  uid: -1,
  listeners: 0,
  /** How often it knocked, and what it was let in by. */
  knocks: 0,
  /** By the way that let it in. */
  asRoot: {} as Record<string, string[]>,
  files: [] as string[],
  looked: 0,
  calls: [] as number[],
};

// Modules are loaded as root: the repository may lie where nobody else can read.
await createConnection({ host: '127.0.0.1', port: 1 }).catch(() => {});
process.setgroups?.([]);
process.setgid?.(Number(uid));
process.setuid?.(Number(uid));
got.uid = process.getuid?.() ?? -1;

const before = new Set(listeners());
let isOver = false;

/** Ports on which somebody listens, on any address. */
function listeners(): readonly number[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    (existsSync(table) ? readFileSync(table, 'utf8') : '')
      .split('\n')
      .flatMap((line) => /^\s*\d+: \S+:([0-9A-F]{4}) \S+ 0A /.exec(line)?.[1] ?? [])
      .map((port) => Number.parseInt(port, 16)),
  );
}

async function tryAll(connection: Connection, way: string): Promise<void> {
  got.asRoot[way] ??= [];
  const [[server]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
  // Others' tests are left alone.
  if (!/oceanbase/i.test(String(server?.['version']))) return connection.destroy();
  for (const sql of [
    `SELECT LOAD_FILE('${secret}') AS text`,
    `CREATE DATABASE IF NOT EXISTS theft; CREATE TABLE theft.t (line TEXT); LOAD DATA INFILE '${secret}' INTO TABLE theft.t; SELECT * FROM theft.t`,
    `SELECT 1 INTO OUTFILE '${target}${way.replace(/.*:/, '')}'`,
  ])
    await connection.query(sql).then(
      ([rows]) => got.asRoot[way]?.push(JSON.stringify(rows)),
      () => {},
    );
  connection.destroy();
}

const underWay = new Set<string>();

/** One try at a time by each way; a server that never greets may not keep it from others. */
async function knock(way: string, to: { port: number; host: string } | { socketPath: string }): Promise<void> {
  if (underWay.has(way)) return;
  underWay.add(way);
  got.knocks++;
  try {
    await tryAll(await createConnection({ ...to, user: 'root', connectTimeout: 500, multipleStatements: true }), way);
  } catch {
    // Not let in.
  }
  underWay.delete(way);
}

/** Everything below a folder that it can open. */
function look(at: string): void {
  for (const entry of readdirSync(at, { withFileTypes: true })) {
    const path = join(at, entry.name);
    // The kernel's program is everybody's.
    if (entry.name === 'kernel') continue;
    got.looked++;
    try {
      if (entry.isDirectory()) look(path);
      else if (entry.isFile() && readFileSync(path).length > 0) got.files.push(path);
    } catch {
      // Not its own.
    }
    if (entry.isDirectory()) void knock(path, { socketPath: join(path, 'run', 'sql.sock') });
  }
}

async function watch(): Promise<void> {
  for (let round = 0; !isOver; round++) {
    const fresh = listeners().filter((port) => !before.has(port));
    got.listeners = Math.max(got.listeners, fresh.length);
    for (const port of fresh) for (const host of ['127.0.0.1', '::1']) void knock(`${host}:${port}`, { port, host });
    // A server may be open for a moment only.
    await sleep(2);
    if (round % 10 > 0) continue;
    try {
      look(folder);
    } catch {
      // It is gone.
    }
  }
}

const watching = watch();
console.log('watching');
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, url = '', file] = line.split(' ');
  if (verb === 'call') {
    let authorization: string | undefined;
    try {
      authorization =
        file === undefined
          ? undefined
          : readFileSync(file, 'utf8')
              .trim()
              .replace(/^Authorization: /, '');
    } catch {
      // Not its own.
    }
    const claims = { 'x-local-claims': '{"sub":"local-operator","groups":["operator"]}' };
    for (const headers of [{}, claims, authorization === undefined ? { authorization: 'Bearer ' } : { authorization }])
      for (const [method, path] of [
        ['GET', '/targets'],
        ['GET', '/targets/local/sessions'],
        ['GET', '/openapi.json'],
        ['GET', '/audit'],
        ['DELETE', '/targets/local/sessions/1'],
        ['GET', '/nothing'],
      ] as const)
        got.calls.push((await fetch(url + path, { method, headers })).status);
    console.log('called');
  }
  if (verb === 'end') break;
}
isOver = true;
await watching;
while (underWay.size > 0) await sleep(20);
console.log(JSON.stringify(got));
process.exit(0);
