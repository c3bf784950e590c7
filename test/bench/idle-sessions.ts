import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';

/** Many idle sessions of one server, for a benchmark. */
export interface IdleSessions {
  readonly connections: readonly Connection[];
  close(): Promise<void>;
}

/** Opens idle sessions, a few at a time; a server that allows fewer is told to allow more until they are closed. */
export async function openIdleSessions(url: string, count: number, rootUrl = url): Promise<IdleSessions> {
  const root = await createConnection(rootUrl);
  const [rows] = await root.query<RowDataPacket[]>('SELECT @@max_connections AS most');
  const most = Number(rows[0]?.['most']);
  const raised = most < count + 50;
  if (raised) await root.query(`SET GLOBAL max_connections = ${count + 50}`);
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
