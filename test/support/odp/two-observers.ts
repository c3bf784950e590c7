import { connect, createServer } from 'node:net';
import type { Connection } from 'mysql2/promise';
import { framed, packetsIn } from './odp-session.ts';

// Makes one kernel look like one observer of a cluster of two. Views of a schema of ours stand for the cluster's own: node 1
// is the kernel; node 2 has a second server session of each client in `odp.elsewhere`, ID 0 for the account `odp_service`, and the
// rows of `odp.made_up`. Sessions of `odp.marked` are hidden, as one is that a KILL has only marked. The kernel's one tenant,
// sys, appears as another's, whose limits hold. A relay renames the version and the views. What it cannot show: a broadcast, a
// node that does not answer, the proxy itself.

/** The tenant that all sessions of the kernel seem to be of. */
export const TENANT = 'orders';

const COLUMNS =
  'ID USER HOST DB TENANT COMMAND TIME TOTAL_TIME STATE INFO PROXY_SESSID MASTER_SESSID USER_CLIENT_IP TRANS_ID THREAD_ID TRACE_ID TRANS_STATE USER_CLIENT_PORT TOTAL_CPU_TIME'.split(
    ' ',
  );
const node = (number: number): string => `'10.0.0.${number}' AS SVR_IP, 2882 AS SVR_PORT`;
const FIRST: Readonly<Record<string, string>> = { TENANT: `'${TENANT}'` };
/** How a client's second server session differs from its first: it sleeps, and for longer. */
const SECOND: Readonly<Record<string, string>> = {
  ...FIRST,
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
const selected = (over: Readonly<Record<string, string>>): string =>
  COLUMNS.map((column) => `${over[column] ?? `p.${column}`} AS ${column}`).join(', ');
const UNMARKED = 'p.ID NOT IN (SELECT k.ID FROM odp.marked k)';
const one = `SELECT ${node(1)}, ${selected(FIRST)} FROM oceanbase.GV$OB_PROCESSLIST p WHERE ${UNMARKED}`;
const two = `SELECT ${node(2)}, ${selected(SECOND)}
  FROM oceanbase.GV$OB_PROCESSLIST p JOIN odp.elsewhere e ON e.ID = p.ID OR (e.ID = 0 AND p.USER = 'odp_service') WHERE ${UNMARKED}`;
/** What both observers have the same. */
const both = (select: (number: number) => string): string => [1, 2].map(select).join(' UNION ALL ');
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
  'CREATE TABLE IF NOT EXISTS odp.marked (ID BIGINT UNSIGNED NOT NULL)',
  'CREATE TABLE IF NOT EXISTS odp.servers (SVR_IP VARCHAR(46), SVR_PORT INT, START_SERVICE_TIME TIMESTAMP(6) NULL)',
  'DELETE FROM odp.servers',
  "INSERT INTO odp.servers VALUES ('10.0.0.1', 2882, '2026-01-01 01:00:00'), ('10.0.0.2', 2882, '2026-01-01 02:00:00')",
  'DELETE FROM odp.marked',
  'DELETE FROM odp.elsewhere',
  'DELETE FROM odp.made_up',
  `CREATE OR REPLACE VIEW odp.processlist AS ${one} UNION ALL ${two} UNION ALL ${madeUp}`,
  `CREATE OR REPLACE VIEW odp.processlist_flipped AS ${madeUp} UNION ALL ${two} UNION ALL ${one}`,
  `CREATE OR REPLACE VIEW odp.sql_audit AS SELECT ${node(1)}, a.* FROM oceanbase.GV$OB_SQL_AUDIT a`,
  // The waiter's node lists the wait; the holder may have its session on the other.
  `CREATE OR REPLACE VIEW odp.locks AS SELECT ${node(2)}, l.* FROM oceanbase.GV$OB_LOCKS l`,
  `CREATE OR REPLACE VIEW odp.schedulers AS SELECT ${node(1)}, t.* FROM oceanbase.GV$OB_TRANSACTION_SCHEDULERS t`,
  `CREATE OR REPLACE VIEW odp.sysstat AS ${both((n) => `SELECT ${node(n)}, v.* FROM oceanbase.GV$SYSSTAT v`)}`,
  `CREATE OR REPLACE VIEW odp.parameters AS ${both((n) => `SELECT ${node(n)}, 1 AS TENANT_ID, g.* FROM oceanbase.GV$OB_PARAMETERS g`)}`,
  `CREATE OR REPLACE VIEW odp.units AS ${both((n) => `SELECT ${node(n)}, 1 AS TENANT_ID, u.* FROM oceanbase.GV$OB_UNITS u`)}`,
];

/** Makes the views. */
export async function makeViews(root: Connection): Promise<void> {
  for (const sql of SET_UP) await root.query(sql);
}

const VIEWS = {
  GV$OB_PROCESSLIST: 'processlist',
  GV$OB_SQL_AUDIT: 'sql_audit',
  GV$OB_LOCKS: 'locks',
  GV$OB_TRANSACTION_SCHEDULERS: 'schedulers',
  GV$SYSSTAT: 'sysstat',
  GV$OB_PARAMETERS: 'parameters',
  GV$OB_UNITS: 'units',
  DBA_OB_SERVERS: 'servers',
} as const;
type View = keyof typeof VIEWS;
const isView = (name: string): name is View => name in VIEWS;
const VIEW = /\boceanbase\.([\w$]+)/g;
const KILL = /KILL CONNECTION IF\((.*), (\d+), 2147483648\)/g;

/** How the cluster differs from the best there is. */
export interface Shortcomings {
  /** Views that this version, or this tenant, does not have. */
  readonly lacks?: readonly View[];
  /** A KILL of a connection only marks it, as it does on another observer: it leaves the list, and its transaction goes on. */
  readonly onlyMarks?: true;
}

/**
 * Stands between the product and the kernel.
 *
 * @param flips - every other statement reads the rows of the two observers in the other order
 */
export async function relayTo(
  kernelPort: number,
  flips: boolean,
  { lacks = [], onlyMarks }: Shortcomings = {},
): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer((client) => {
    const kernel = connect(kernelPort, '127.0.0.1');
    let buffered: Buffer = Buffer.alloc(0);
    let statements = 0;
    const renamed = (sql: string): string => {
      const isFlipped = flips && statements++ % 2 === 1;
      const seen = sql.replace(VIEW, (whole, view: string) => {
        if (!isView(view)) return whole;
        if (lacks.includes(view)) return 'odp.no_such_view';
        return `odp.${VIEWS[view]}${isFlipped && view === 'GV$OB_PROCESSLIST' ? '_flipped' : ''}`;
      });
      return onlyMarks ? seen.replace(KILL, 'INSERT INTO odp.marked SELECT $2 FROM DUAL WHERE $1') : seen;
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
