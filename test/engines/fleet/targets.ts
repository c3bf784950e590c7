import type { Socket } from 'node:net';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { Client, urlAs } from '../a-server.ts';

/** A target as its secret tells it. */
export interface FleetTarget {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  readonly password: string;
}

const ROOM = 500;

export const portOf = (url: string): number => Number(new URL(url).port);

/** A target with a user of its own, who sees its own sessions only. */
export async function makeTarget(url: string, name: string, undo: (() => unknown)[]): Promise<FleetTarget> {
  const asRoot = async (...statements: readonly string[]) => {
    const root = await createConnection(url);
    for (const statement of statements) await root.query(statement);
    await root.end();
  };
  const drop = `DROP USER IF EXISTS ${name}`;
  await asRoot(drop, `CREATE USER ${name} IDENTIFIED BY 'pw'`);
  undo.push(() => asRoot(drop));
  return { name, url: urlAs(url, name, 'pw'), port: portOf(url), password: 'pw' };
}

/** So many targets in turn on each of the servers that there are, which are told to let enough sessions in. */
export async function gatherHealthy(urls: readonly string[], count: number, undo: (() => unknown)[]) {
  for (const url of urls) {
    const root = await createConnection(url);
    const [rows] = await root.query<RowDataPacket[]>('SELECT @@max_connections AS most');
    const most = Number(rows[0]?.['most']);
    if (most < ROOM) await root.query(`SET GLOBAL max_connections = ${ROOM}`);
    undo.push(async () => {
      if (most < ROOM) await root.query(`SET GLOBAL max_connections = ${most}`);
      await root.end();
    });
  }
  const made: FleetTarget[] = [];
  for (let place = 0; place < count; place++)
    made.push(await makeTarget(urls[place % urls.length] ?? '', `warden_f_${place}`, undo));
  return made;
}

/** An idle session, which counts its own ends. */
export interface Idle {
  readonly target: string;
  readonly id: string;
  ends: number;
  readonly close: () => void;
}

/** Opens so many idle sessions for each target. */
export async function openIdle(targets: readonly FleetTarget[], each: number): Promise<readonly Idle[]> {
  const made: Idle[] = [];
  const left = targets.flatMap((target) => Array.from({ length: each }, () => target)).values();
  const openNext = async () => {
    for (const { name, url } of left) {
      const client = await Client.open(url);
      client.connection.on('error', () => {});
      const idle: Idle = { target: name, id: client.id, ends: 0, close: () => client.close() };
      // An error event comes only while nothing runs; the socket tells always.
      (client.connection as unknown as { connection: { stream: Socket } }).connection.stream.once('close', () => {
        idle.ends++;
      });
      made.push(idle);
    }
  };
  await Promise.all(Array.from({ length: 8 }, openNext));
  return made;
}
