import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';

/** Many idle sessions of one server, for a benchmark. */
export interface IdleSessions {
  readonly connections: readonly Connection[];
  close(): Promise<void>;
}

/** Opens idle sessions, a few at a time; a server that allows fewer is told to allow more until they are closed. */
export async function openIdleSessions(url: string, count: number, rootUrl = url): Promise<IdleSessions> {
  const root = await createConnection(rootUrl);
  const [rows] = await root.query<RowDataPacket[]>(
    'SELECT @@max_connections AS most, COUNT(*) AS used FROM information_schema.processlist',
  );
  const most = Number(rows[0]?.['most']);
  const needed = count + Number(rows[0]?.['used']) + 50;
  const raised = most < needed;
  if (raised) await root.query(`SET GLOBAL max_connections = ${needed}`);
  const connections: Connection[] = [];
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const connection = await createConnection(url);
      connection.on('error', () => {});
      connections.push(connection);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return {
    connections,
    close: async () => {
      for (const connection of connections) connection.destroy();
      if (raised) await root.query(`SET GLOBAL max_connections = ${most}`);
      root.destroy();
    },
  };
}

/** The user whose sessions a bench ends and counts. */
export const BENCH_USER = 'warden_bench';

/**
 * Runs work beside idle sessions of {@link BENCH_USER}, and waits afterwards until the server has let go of them.
 *
 * @param work - is given a promise of the time of day, in milliseconds, when the server has closed the last one
 */
export async function besideIdle<Result>(
  rootUrl: string,
  count: number,
  work: (allClosed: Promise<number>) => Promise<Result>,
): Promise<Result> {
  const root = await createConnection(rootUrl);
  try {
    await root.query(`CREATE USER IF NOT EXISTS ${BENCH_USER} IDENTIFIED BY 'pw'`);
    const url = Object.assign(new URL(rootUrl), { username: BENCH_USER, password: 'pw' }).href;
    const idle = await openIdleSessions(url, count, rootUrl);
    try {
      return await work(allClosedOf(idle.connections));
    } finally {
      await idle.close();
      while (!(await areGone(root))) await sleep(50);
      await root.query(`DROP USER ${BENCH_USER}`);
    }
  } finally {
    root.destroy();
  }
}

const allClosedOf = (connections: readonly Connection[]): Promise<number> =>
  new Promise((resolve) => {
    let open = connections.length;
    for (const connection of connections)
      streamOf(connection).once('close', () => {
        open--;
        if (open === 0) resolve(Date.now());
      });
  });

// The driver's own type does not name its socket.
const streamOf = (connection: Connection): NodeJS.EventEmitter =>
  (connection as unknown as { connection: { stream: NodeJS.EventEmitter } }).connection.stream;

async function areGone(root: Connection): Promise<boolean> {
  const counted = `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE USER = '${BENCH_USER}'`;
  const [[row]] = await root.query<RowDataPacket[]>(counted);
  return Number(row?.['n']) === 0;
}
