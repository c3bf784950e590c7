import type { Database } from '../../../lib/database/database.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import { scriptedServices } from '../../support/scripted-services.ts';
import { aSession, aWait, running } from '../../unit/lib/reaper/a-session.ts';

const CONFIG = `access:
  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER], statements: full }
  - { who: { role: 'arn:aws:iam::123456789012:role/Dba' }, targets: ['*'], privileges: [PROCESS, SUPER], statements: full }
reapers:
  - { name: idle-web, targets: ['*'], kill: connection, match: { user: app_web, idle: 10m }, victims: all }
`;

const NOT_SHOWN = 'Our account lacks PROCESS, so transactions are not shown.';

/** What lies on the server: sleepers of two programs, a holder and who waits, a report, texts of others, and what is not shown. */
const SESSIONS: readonly Session[] = [
  ...[310, 725, 1_340, 5_400].map((time, at) =>
    aSession({ id: String(101 + at), user: 'app_web', host: `10.0.0.${11 + at}:50${at}01`, time }),
  ),
  aSession({ id: '111', user: 'app_batch', host: '10.0.1.20:40111', db: 'billing', time: 42 }),
  aSession({
    id: '120',
    user: 'app_batch',
    host: '10.0.1.20:40120',
    db: 'shop',
    time: 94,
    transaction: { id: '5123', state: 'RUNNING', time: 97 },
  }),
  aSession({
    id: '121',
    user: 'app_web',
    host: '10.0.0.11:50121',
    command: 'Query',
    time: 90,
    state: 'updating',
    statement: running("UPDATE orders SET amount = 17 WHERE customer = 'acme' AND placed > '2026-11-01'"),
    transaction: { id: '5124', state: 'LOCK WAIT', time: 90 },
  }),
  aSession({
    id: '3221487617',
    user: 'report',
    host: 'reports-7.internal.example.com:61022',
    command: 'Query',
    time: 3_723,
    state: 'Sending data',
    statement: running(
      'SELECT customer, SUM(amount) AS total,\n  COUNT(*) AS orders\nFROM orders JOIN customers USING (customer) WHERE placed BETWEEN 1 AND 2 GROUP BY customer ORDER BY total DESC',
    ),
    transaction: { id: '5100', state: 'RUNNING', time: 3_723 },
  }),
  aSession({
    id: '130',
    user: '宮本\u202eevil\x1b[31m',
    host: null,
    db: null,
    command: 'Sleep',
    time: null,
    unknown: [
      { field: 'transaction', why: NOT_SHOWN },
      { field: 'time', why: 'The server tells no age.' },
    ],
  }),
];

/** Services on a server whose sessions never change. */
export function aShop() {
  const { services, audit, sent } = scriptedServices(CONFIG, { looks: [SESSIONS] }, ['shop', 'billing']);
  const open: typeof services.open = async (target, ...more) => {
    const database = await services.open(target, ...more);
    const over: Partial<Database> = {
      lockWaits: async () => [aWait('121', '120', 90, { lock: 'row lock' })],
      connections: async () => ({ used: null, most: 500 }),
    };
    return { ...database, ...over };
  };
  return { services: { ...services, open }, audit, sent };
}
