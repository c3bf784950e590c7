import type { Socket } from 'node:net';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { freePort } from '../../../local/free-port.ts';
import { tcpDoor } from '../../support/tcp-door.ts';
import { Client, urlAs } from '../a-server.ts';

/** A target as its secret tells it. */
export interface FleetTarget {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  readonly password: string;
}

const ROOM = 400;

/** A user of its own for each target, who sees its own sessions only, on the servers that there are. */
export async function gatherFleet(urls: readonly string[], healthy: number, faulty: number) {
  const undo: (() => Promise<unknown>)[] = [];
  for (const url of urls) {
    const root = await createConnection(url);
    const [rows] = await root.query<RowDataPacket[]>('SELECT @@max_connections AS most');
    const most = Number(rows[0]?.['most']);
    if (most < ROOM) await root.query(`SET GLOBAL max_connections = ${ROOM}`);
    undo.unshift(async () => {
      if (most < ROOM) await root.query(`SET GLOBAL max_connections = ${most}`);
      await root.end();
    });
  }
  const make = async (place: number, prefix: string): Promise<FleetTarget> => {
    const url = urls[place % urls.length] ?? '';
    const name = `${prefix}_${place}`;
    const root = await createConnection(url);
    await root.query(`DROP USER IF EXISTS ${name}`);
    await root.query(`CREATE USER ${name} IDENTIFIED BY 'pw'`);
    await root.end();
    undo.unshift(async () => {
      const again = await createConnection(url);
      await again.query(`DROP USER IF EXISTS ${name}`);
      await again.end();
    });
    return { name, url: urlAs(url, name, 'pw'), port: Number(new URL(url).port), password: 'pw' };
  };
  const all = async (count: number, prefix: string) => {
    const made: FleetTarget[] = [];
    for (let place = 0; place < count; place++) made.push(await make(place, prefix));
    return made;
  };
  const ill: FleetTarget[] = [];
  for (const [place, target] of (await all(faulty, 'warden_fx')).entries()) {
    const door = async (to: { port: number } | null, bytes = 0) => {
      const opened = await tcpDoor(to, bytes, 'reset');
      undo.unshift(() => opened.close());
      return opened.port;
    };
    if (place % 4 === 0) ill.push({ ...target, password: 'wrong' });
    else if (place % 4 === 1) ill.push({ ...target, port: await door(null) });
    else if (place % 4 === 2) ill.push({ ...target, port: await freePort() });
    // As a server that restarts in the middle of a run, each time.
    else ill.push({ ...target, port: await door({ port: target.port }, 600) });
  }
  return {
    healthy: await all(healthy, 'warden_f'),
    faulty: ill,
    leave: async () => {
      const failures: unknown[] = [];
      // One that fails must not keep a server from getting its settings back.
      for (const step of undo) await step().catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    },
  };
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
  for (const { name, url } of targets) {
    for (let count = 0; count < each; count++) {
      const client = await Client.open(url);
      client.connection.on('error', () => {});
      const idle: Idle = { target: name, id: client.id, ends: 0, close: () => client.close() };
      // An error event comes only while nothing runs; the socket tells always.
      (client.connection as unknown as { connection: { stream: Socket } }).connection.stream.once('close', () => {
        idle.ends++;
      });
      made.push(idle);
    }
  }
  return made;
}
