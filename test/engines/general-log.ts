import { createConnection, type RowDataPacket } from 'mysql2/promise';

/** Runs work, and gives every statement that MySQL's or MariaDB's own general log took meanwhile. */
export async function generalLogOf(url: string, work: () => Promise<void>): Promise<readonly string[]> {
  const root = await createConnection(url);
  const [[before]] = await root.query<RowDataPacket[]>(
    'SELECT @@global.general_log AS log, @@global.log_output AS output',
  );
  try {
    await root.query("SET GLOBAL log_output = 'TABLE'");
    await root.query('TRUNCATE mysql.general_log');
    await root.query('SET GLOBAL general_log = 1');
    await work();
    const [rows] = await root.query<RowDataPacket[]>(
      'SELECT CONVERT(argument USING utf8mb4) AS text FROM mysql.general_log',
    );
    return rows.map((row) => String(row['text']));
  } finally {
    await root.query(`SET GLOBAL general_log = ${Number(before?.['log'])}`);
    await root.query('SET GLOBAL log_output = ?', [before?.['output']]);
    await root.end();
  }
}
