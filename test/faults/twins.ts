import { connect } from 'node:net';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { freePort } from '../../local/kernel/free-port.ts';

/** Two sessions on two servers that only the servers tell apart: the same ID, user and client address with port. */
export interface Twins {
  readonly id: string;
  /** Which of the two live, as they see it. */
  alive(): Promise<readonly boolean[]>;
  close(): void;
}

async function session(url: string, localPort: number): Promise<{ connection: Connection; id: number }> {
  const stream = connect({ port: Number(new URL(url).port), host: '127.0.0.1', localPort });
  const connection = await createConnection({ uri: url, stream });
  connection.on('error', () => {});
  const [rows] = await connection.query<RowDataPacket[]>('SELECT CONNECTION_ID() AS id');
  return { connection, id: Number(rows[0]?.['id']) };
}

/** Opens sessions on both servers until two have the same ID. The one that is behind catches up. */
export async function openTwins([a, b]: readonly [string, string]): Promise<Twins> {
  for (let round = 0; round < 2_000; round++) {
    const localPort = await freePort();
    const pair = await Promise.all([session(a, localPort), session(b, localPort)]);
    const [first, second] = pair;
    if (first.id === second.id)
      return {
        id: String(first.id),
        alive: () =>
          Promise.all(
            pair.map(({ connection }) =>
              connection.query('SELECT 1').then(
                () => true,
                () => false,
              ),
            ),
          ),
        close: () => {
          for (const { connection } of pair) connection.destroy();
        },
      };
    for (const { connection } of pair) connection.destroy();
    const behind = first.id < second.id ? a : b;
    for (let n = Math.abs(first.id - second.id); n > 0; n--) (await createConnection(behind)).destroy();
  }
  throw new Error('the two servers never gave the same ID');
}
