import { once } from 'node:events';
import { connect } from 'node:net';
import { createConnection, type RowDataPacket } from 'mysql2/promise';

/** A client that reads MySQL's binary log, as a replica does. */
export interface Replica {
  readonly id: string;
  close(): void;
}

const COM_BINLOG_DUMP = 0x12;
const SERVER_ID = 4711;

/**
 * Asks for the binary log and reads it on and on. By hand, since the driver's own stream breaks on MySQL 9.
 *
 * @see https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_binlog_dump.html
 */
export async function openReplica(url: string): Promise<Replica> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  const connection = await createConnection({ uri: url, stream: socket });
  connection.on('error', () => {});
  const ask = async (sql: string): Promise<RowDataPacket | undefined> =>
    (await connection.query<RowDataPacket[]>(sql))[0].at(-1);
  const id = String((await ask('SELECT CONNECTION_ID() AS id'))?.['id']);
  const file = String((await ask('SHOW BINARY LOGS'))?.['Log_name']);
  await connection.query('SET @source_binlog_checksum = @@global.binlog_checksum');

  const body = Buffer.alloc(11 + file.length);
  body.writeUInt8(COM_BINLOG_DUMP, 0);
  body.writeUInt32LE(4, 1); // the first event
  body.writeUInt32LE(SERVER_ID, 7);
  body.write(file, 11, 'latin1');
  const header = Buffer.alloc(4);
  header.writeUIntLE(body.length, 0, 3);
  socket.removeAllListeners('data');
  const first = once(socket, 'data');
  socket.write(Buffer.concat([header, body]));
  await first;
  socket.resume();
  // The driver's own end would be half of one: the server writes on.
  return { id, close: () => socket.destroy() };
}
