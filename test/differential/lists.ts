/** A recorded process list: `NULL` is what the mysql client prints for an absent value. */
export type Row = readonly [
  id: string,
  user: string,
  host: string,
  db: string,
  command: string,
  time: string,
  state: string,
  info: string,
];

const COLUMNS = ['Id', 'User', 'Host', 'db', 'Command', 'Time', 'State', 'Info'];

const sleeper = (id: string, user: string, time: string, db = 'shop'): Row => [
  id,
  user,
  `10.0.0.${Number(id.slice(-1))}:5${id.slice(-3)}`,
  db,
  'Sleep',
  time,
  'SLEEP',
  'NULL',
];

/** Lists in the shapes of all engines, with IDs above 2^31 and 2^63, ties, absent values and odd states. */
export const LISTS: Readonly<Record<string, readonly Row[]>> = {
  mysql: [
    ['5', 'event_scheduler', 'localhost', 'NULL', 'Daemon', '900', 'Waiting on empty queue', 'NULL'],
    ['8', 'root', 'localhost', 'NULL', 'Query', '0', 'init', 'SHOW FULL PROCESSLIST'],
    ['11', 'app', '10.0.0.7:53211', 'shop', 'Sleep', '700', '', 'NULL'],
    ['12', 'app', '10.0.0.7:53212', 'shop', 'Sleep', '700', '', 'NULL'],
    ['13', 'app', '10.0.0.8:53213', 'shop', 'Query', '61', 'User sleep', 'SELECT SLEEP(100)'],
    ['14', 'app', '10.0.0.8:53214', 'shop', 'Query', '60', 'executing', 'SELECT * FROM orders WHERE id = 7'],
    ['15', 'report', '10.0.0.9:53215', 'dwh', 'Query', '3600', 'Sending data', 'SELECT COUNT(*) FROM orders'],
    ['16', 'report', '10.0.0.9:53216', 'dwh', 'Query', '59', 'Locked', 'UPDATE orders SET n = 1'],
    [
      '17',
      'backup',
      '10.1.0.1:53217',
      'NULL',
      'Query',
      '8000',
      'Sending data',
      'SELECT /*!40001 SQL_NO_CACHE */ * FROM t',
    ],
    ['18', 'app', '10.0.0.7:53218', 'shop', 'Execute', '75', 'executing', 'SELECT * FROM orders WHERE id = 8'],
    ['19', 'app', '10.0.0.7:53219', 'shop', 'Connect', '80', 'login', 'NULL'],
  ],
  mariadb: [
    ['3', 'root', 'localhost', 'NULL', 'Query', '0', 'starting', 'SHOW FULL PROCESSLIST'],
    ['21', 'app', '10.0.0.7:41001', 'shop', 'Sleep', '10', '', 'NULL'],
    ['22', 'app', '10.0.0.7:41002', 'shop', 'Sleep', '300', '', 'NULL'],
    ['23', 'App', '10.0.0.7:41003', 'Shop', 'Sleep', '300', '', 'NULL'],
    ['24', 'api', '10.0.0.6:41004', 'shop', 'Query', '120', 'Sending data', 'select * from t where a = 1'],
    ['25', 'api', '10.0.0.6:41005', 'shop', 'Query', '120', 'Sending data', 'select * from t where a = 2'],
    ['26', 'api', '10.0.0.6:41006', 'shop', 'Query', '121', 'Sending data', 'select * from t where a in (3,4)'],
    ['27', 'cron', 'localhost', 'jobs', 'Query', '5', 'Waiting for table metadata lock', 'ALTER TABLE t ADD c INT'],
  ],
  oceanbase: [
    ['3221487617', 'app', '10.0.0.7:53211', 'test', 'Sleep', '620', 'SLEEP', 'NULL'],
    ['3221487618', 'app', '10.0.0.7:53212', 'test', 'Query', '90', 'ACTIVE', 'SELECT SLEEP(100)'],
    ['9223372036854775807', 'app', '10.0.0.8:53213', 'test', 'Query', '91', 'ACTIVE', 'SELECT 1'],
    ['9223372036854775813', 'app', '10.0.0.8:53214', 'test', 'Sleep', '621', 'SLEEP', 'NULL'],
    ['18446744073709551615', 'batch', '10.0.0.9:53215', 'test', 'Sleep', '622', 'SLEEP', 'NULL'],
    ['4294967338', 'batch', '10.0.0.9:53216', 'oceanbase', 'Query', '1', 'ACTIVE', 'SHOW FULL PROCESSLIST'],
  ],
  ties: Array.from({ length: 12 }, (_, index) =>
    sleeper(String(1001 + index), index % 3 === 0 ? 'app' : 'web', String(60 * (1 + (index % 2)))),
  ),
};

const pad = (row: readonly string[], widths: readonly number[]) =>
  `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;

/** The list as each form of the mysql client prints it. */
export const FORMS: Readonly<Record<string, (rows: readonly Row[]) => string>> = {
  tabs: (rows) => `${[COLUMNS, ...rows].map((row) => row.join('\t')).join('\n')}\n`,
  table: (rows) => {
    const widths = COLUMNS.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
    const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
    return `${[rule, pad(COLUMNS, widths), rule, ...rows.map((row) => pad(row, widths)), rule].join('\n')}\n`;
  },
  vertical: (rows) =>
    rows
      .map(
        (row, at) =>
          `*************************** ${at + 1}. row ***************************\n${COLUMNS.map((name, i) => `${name.padStart(7)}: ${row[i]}`).join('\n')}\n`,
      )
      .join(''),
};
