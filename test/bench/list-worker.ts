/** Lists through the handler in a process of its own, beside plain `SHOW FULL PROCESSLIST`, and tells figures as JSON. */
import { createConnection } from 'mysql2/promise';
import { createHandler } from '../../functions/list-sessions.ts';
import { createUrlDirectory } from '../../lib/credentials/database-url.ts';
import { createServices } from '../../lib/services.ts';
import { anEvent } from '../helpers/http-event.ts';
import { memoryAuditStore } from '../support/memory-audit-store.ts';
import { operatorConfig } from '../support/operator-config.ts';
import { median } from './report.ts';

const ROUNDS = 15;
const url = process.argv[2] ?? '';
const services = createServices(operatorConfig, createUrlDirectory(new Map([['local', url]])), memoryAuditStore());
const handler = createHandler(async () => services);
const event = anEvent({
  rawQueryString: 'limit=500',
  pathParameters: { target: 'local' },
  requestContext: { requestId: 'bench', authorizer: { jwt: { claims: { sub: 'ops', groups: '[operator]' } } } },
});
const times = { ours: [] as number[], plain: [] as number[] };
let answer = { statusCode: 0, body: '' };
for (let round = 0; round < ROUNDS; round++) {
  let before = performance.now();
  answer = await handler(event);
  times.ours.push(performance.now() - before);
  before = performance.now();
  const connection = await createConnection(url);
  await connection.query('SHOW FULL PROCESSLIST');
  await connection.end();
  times.plain.push(performance.now() - before);
}
const sessions: unknown = JSON.parse(answer.body);
const rows = typeof sessions === 'object' && sessions !== null && 'sessions' in sessions ? sessions.sessions : [];
console.log(
  JSON.stringify({
    status: answer.statusCode,
    rows: Array.isArray(rows) ? rows.length : 0,
    bytes: Buffer.byteLength(answer.body),
    rss: process.resourceUsage().maxRSS * 1024,
    ours: median(times.ours),
    plain: median(times.plain),
  }),
);
