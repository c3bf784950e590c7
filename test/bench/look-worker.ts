/**
 * Looks at a server in a process of its own, again and again, and tells as JSON what each look took and the most memory
 * that the process had. `list`: every session as a reaper reads them; `page`: the first 500 by GET …/sessions;
 * `blockers`; `reaper`: a dry run of a rule that takes nobody; `raw`: SHOW FULL PROCESSLIST by mysql2, and nothing else;
 * `page-and-raw`: these two in turn. All connect and close each time.
 */
import { readFileSync } from 'node:fs';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import * as blockers from '../../functions/list-blockers.ts';
import * as page from '../../functions/list-sessions.ts';
import * as reaps from '../../functions/preview-reap.ts';
import { parseConfig } from '../../lib/config/config.ts';
import { createServices } from '../../lib/services.ts';
import { createUrlDirectory } from '../../lib/targets/database-url.ts';
import { onTarget } from '../../lib/targets/with-target.ts';
import { anEvent } from '../support/http-event.ts';
import { memoryAuditStore } from '../support/memory-audit-store.ts';
import { LOOKED, type Look, type Looked } from './looks.ts';

const [url = '', name = '', rounds = '1'] = process.argv.slice(2);
const config = parseConfig(
  `timeouts: { connect: 20, statement: 20, overall: 25 }
access:
  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }
reapers:
  - { name: bench, targets: ['*'], kill: connection, match: { user: nobody_*, idle: 1h }, victims: all }
`,
  'bench',
);
const services = createServices(config, createUrlDirectory(new Map([['local', url]])), memoryAuditStore());
const event = (body?: object) =>
  anEvent({
    rawQueryString: body === undefined && name.startsWith('page') ? 'limit=500' : '',
    pathParameters: { target: 'local' },
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    requestContext: { requestId: 'bench', authorizer: { jwt: { claims: { sub: 'ops', groups: '[operator]' } } } },
  });
const answered = ({ statusCode, body }: { statusCode: number; body: string }): undefined => {
  if (statusCode !== 200) throw new Error(`${name}: ${statusCode} ${body}`);
};

const handlers = {
  page: page.createHandler(async () => services),
  blockers: blockers.createHandler(async () => services),
  reaper: reaps.createHandler(async () => services),
};
/** Each resolves to how many sessions it has found, where it reads all of them. */
const LOOKS: Readonly<Record<Look, () => Promise<number | undefined>>> = {
  list: () => onTarget(services, { target: 'local' }, async (database) => (await database.list()).length),
  page: async () => answered(await handlers.page(event())),
  blockers: async () => answered(await handlers.blockers(event())),
  reaper: async () => answered(await handlers.reaper(event({ reaper: 'bench' }))),
  raw: async () => {
    const connection = await createConnection(url);
    const [rows] = await connection.query<RowDataPacket[]>('SHOW FULL PROCESSLIST');
    await connection.end();
    return rows.length;
  },
};

/** `maxRSS` of the process would be that of the one that began it, while they were one. */
function peakMemory(): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

const names = name.split('-and-').flatMap((one) => LOOKED.find((known) => known === one) ?? []);
const times = Object.fromEntries(names.map((one) => [one, [] as number[]]));
let found: number | null = null;
for (let round = 0; round < Number(rounds); round++)
  for (const look of round % 2 === 0 ? names : names.toReversed()) {
    const before = performance.now();
    found = (await LOOKS[look]()) ?? found;
    times[look]?.push(performance.now() - before);
  }
console.log(JSON.stringify({ times, found, peak: peakMemory() } satisfies Looked));
