import { connect, createServer } from 'node:net';
import type { Connection } from 'mysql2/promise';
import { framed, packetsIn } from './odp-session.ts';

// Makes one kernel look like one observer of a cluster of two. Views of a schema of ours stand for the cluster's own: node 1
// is the kernel; node 2 has a second server session of each client in `odp.elsewhere`, ID 0 for the account `odp_service`, and the
// rows of `odp.made_up`. A relay
// renames the version and the views. What it cannot show: a broadcast, a node that does not answer, the proxy itself.

const COLUMNS =
  'ID USER HOST DB TENANT COMMAND TIME TOTAL_TIME STATE INFO PROXY_SESSID MASTER_SESSID USER_CLIENT_IP TRANS_ID THREAD_ID TRACE_ID TRANS_STATE USER_CLIENT_PORT TOTAL_CPU_TIME'.split(
    ' ',
  );
const node = (number: number): string => `'10.0.0.${number}' AS SVR_IP, 2882 AS SVR_PORT`;
/** How a client's second server session differs from its first: it sleeps, and for longer. */
const SECOND: Readonly<Record<string, string>> = {
  ID: 'IF(e.version = 1, p.ID + 65536, p.ID)',
  HOST: "CONCAT(SUBSTRING_INDEX(p.HOST, ':', 1), ':', 10000 + p.ID % 40000)",
  COMMAND: "'Sleep'",
  STATE: "'SLEEP'",
  INFO: 'NULL',
  TRACE_ID: 'NULL',
  TRANS_ID: '0',
  TRANS_STATE: "''",
  TIME: 'p.TIME + 600',
  TOTAL_TIME: 'p.TIME + 600',
};
const MADE_UP = 'ID USER HOST TENANT COMMAND INFO PROXY_SESSID MASTER_SESSID TIME STATE TRACE_ID'.split(' ');
const one = `SELECT ${node(1)}, ${COLUMNS.map((c) => `p.${c}`).join(', ')} FROM oceanbase.GV$OB_PROCESSLIST p`;
const two = `SELECT ${node(2)}, ${COLUMNS.map((c) => `${SECOND[c] ?? `p.${c}`} AS ${c}`).join(', ')}
  FROM oceanbase.GV$OB_PROCESSLIST p JOIN odp.elsewhere e ON e.ID = p.ID OR (e.ID = 0 AND p.USER = 'odp_service')`;
const madeUp = `SELECT m.SVR_IP, 2882 AS SVR_PORT, ${COLUMNS.map((c) => (MADE_UP.includes(c) ? `m.${c}` : `NULL AS ${c}`)).join(', ')} FROM odp.made_up m`;

const SET_UP = [
  'CREATE DATABASE IF NOT EXISTS odp',
  // The addresses that a proxy tells of its clients must be let in, and a raw login takes no password.
  "SET GLOBAL ob_tcp_invited_nodes = '%'",
  'CREATE USER IF NOT EXISTS odp_client',
  'GRANT ALL ON *.* TO odp_client',
  'CREATE TABLE IF NOT EXISTS odp.elsewhere (ID BIGINT UNSIGNED NOT NULL, version INT NOT NULL)',
  `CREATE TABLE IF NOT EXISTS odp.made_up (SVR_IP VARCHAR(46), ID BIGINT UNSIGNED, USER VARCHAR(32), HOST VARCHAR(128), TENANT VARCHAR(128),
    COMMAND VARCHAR(64), TIME DOUBLE, STATE VARCHAR(64), INFO VARCHAR(4000), PROXY_SESSID BIGINT UNSIGNED, MASTER_SESSID BIGINT UNSIGNED, TRACE_ID VARCHAR(64))`,
  'DELETE FROM odp.elsewhere',
  'DELETE FROM odp.made_up',
  `CREATE OR REPLACE VIEW odp.processlist AS ${one} UNION ALL ${two} UNION ALL ${madeUp}`,
  `CREATE OR REPLACE VIEW odp.processlist_flipped AS ${madeUp} UNION ALL ${two} UNION ALL ${one}`,
  `CREATE OR REPLACE VIEW odp.sql_audit AS SELECT ${node(1)}, a.* FROM oceanbase.GV$OB_SQL_AUDIT a`,
  // The waiter's node lists the wait; the holder may have its session on the other.
  `CREATE OR REPLACE VIEW odp.locks AS SELECT ${node(2)}, l.* FROM oceanbase.GV$OB_LOCKS l`,
  `CREATE OR REPLACE VIEW odp.schedulers AS SELECT ${node(1)}, t.* FROM oceanbase.GV$OB_TRANSACTION_SCHEDULERS t`,
];

/** Makes the views. */
export async function makeViews(root: Connection): Promise<void> {
  for (const sql of SET_UP) await root.query(sql);
}

const VIEWS: Readonly<Record<string, string>> = {
  GV$OB_PROCESSLIST: 'processlist',
  GV$OB_SQL_AUDIT: 'sql_audit',
  GV$OB_LOCKS: 'locks',
  GV$OB_TRANSACTION_SCHEDULERS: 'schedulers',
};
const VIEW = new RegExp(`\\boceanbase\\.(${Object.keys(VIEWS).join('|').replaceAll('$', '\\$')})\\b`, 'g');

/**
 * Stands between the product and the kernel.
 *
 * @param flips - every other statement reads the rows of the two observers in the other order
 */
export async function relayTo(kernelPort: number, flips: boolean): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer((client) => {
    const kernel = connect(kernelPort, '127.0.0.1');
    let buffered: Buffer = Buffer.alloc(0);
    let statements = 0;
    const renamed = (sql: string): string => {
      const isFlipped = flips && statements++ % 2 === 1;
      return sql.replace(VIEW, (_, view: string) => {
        const name = VIEWS[view] ?? view;
        return `odp.${isFlipped && name === 'processlist' ? 'processlist_flipped' : name}`;
      });
    };
    client.on('data', (data) => {
      const { packets, rest } = packetsIn(Buffer.concat([buffered, data]));
      buffered = rest;
      for (const { sequence, body } of packets) {
        const isQuery = sequence === 0 && body[0] === 3;
        const sent = isQuery ? Buffer.concat([Buffer.of(3), Buffer.from(renamed(body.subarray(1).toString()))]) : body;
        kernel.write(framed({ sequence, body: sent }));
      }
    });
    // The name stands in the greeting, in VERSION() and in @@version_comment; the new one is as long.
    kernel.on('data', (data) =>
      client.write(Buffer.from(data.toString('latin1').replaceAll('seekdb', 'obsrvr'), 'latin1')),
    );
    for (const [from, to] of [
      [client, kernel],
      [kernel, client],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  return { port, stop: () => new Promise((resolve) => server.close(() => resolve())) };
}
