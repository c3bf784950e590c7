import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ROUTES } from '../../functions/routes.ts';
import { createServices, type Services } from '../../lib/services.ts';
import { createIdempotency } from '../../lib/state/idempotency.ts';
import { createUrlDirectory } from '../../lib/targets/database-url.ts';
import { loadRoutes } from '../../local/gateway/load-routes.ts';
import { createMemoryPersistence } from '../../local/stores/memory-persistence.ts';
import { Client, isRunning, leave, seen, servicesFor, urlAs } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { writeFigures } from '../faults/figures.ts';
import { startChat } from '../support/chat/a-chat.ts';
import { chatConfig } from '../support/chat/chat-config.ts';
import { anEvent } from '../support/http-event.ts';
import { memoryAuditStore } from '../support/memory-audit-store.ts';
import { CANARIES, canariesIn } from './canary.ts';
import { startRecorder } from './recorder.ts';

const USER = 'warden_cnry';
const REAPERS = `reapers:
  - { name: long-ones, targets: ['*'], kill: query, match: { busy: 1s, info: '/SLEEP/' }, victims: all, mode: enforce }
`;
const WHO = {
  ops: "{ who: { sub: ops }, targets: ['*'], privileges: [PROCESS, SUPER] }",
  view: "{ who: { sub: view }, targets: ['*'], privileges: [PROCESS] }",
  own: `{ who: { sub: own }, targets: ['*'], users: [${USER}], privileges: from-database }`,
} as const;
const SUBJECTS = [...Object.keys(WHO), 'nobody'];
const ACCESS = `access:\n${Object.values(WHO)
  .map((rule) => `  - ${rule}\n`)
  .join('')}`;
const LITERAL = `SELECT SLEEP(60) AS t, '${CANARIES.literal}', x'${Buffer.from(CANARIES.literal).toString('hex')}' /* ${CANARIES.literal} */ FROM (SELECT 1 UNION ALL SELECT 2) r`;

let tried = 0;
let findings = 0;
afterAll(() =>
  writeFigures({
    name: 'Secrets and personal data',
    tried,
    wrong: null,
    lost: null,
    left: null,
    findings,
    note: 'log lines, answers, records, metrics, traces and chat messages searched for a password, a token, a literal and a grant in every encoding',
  }),
);

const recorder = startRecorder();
const said: string[] = [];
beforeEach(() => {
  said.length = 0;
  recorder.record();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Every place where something came out. Nothing may hold a canary, and there must have been something to search. */
function search(places: Readonly<Record<string, readonly string[]>>): void {
  for (const [place, texts] of Object.entries(places)) {
    expect([place, texts.length]).not.toEqual([place, 0]);
    tried += texts.length;
    const leaks = texts.flatMap((text) => canariesIn(text).map((name) => `${place}: ${name}: ${text.slice(0, 500)}`));
    findings += leaks.length;
    expect(leaks).toEqual([]);
  }
}

describe.each(engines)('canaries on $name', ({ url = '' }) => {
  const clients: Client[] = [];
  const open = async (as: string): Promise<Client> => {
    const client = await Client.open(as);
    client.connection.on('error', () => {});
    clients.push(client);
    return client;
  };
  const own = () => urlAs(url, USER, CANARIES.password);
  beforeEach(async () => {
    if (!url) return;
    const root = await open(url);
    await root.run(`DROP USER ${USER}`);
    await root.connection.query(`CREATE USER ${USER} IDENTIFIED BY '${CANARIES.password}'`);
    await root.connection.query(`CREATE DATABASE IF NOT EXISTS ${CANARIES.grant}`);
    await root.connection.query(`GRANT SELECT, INSERT ON ${CANARIES.grant}.* TO ${USER}`);
  });
  afterEach(async () => {
    if (!url) return;
    await leave(url, clients);
    const root = await Client.open(url);
    for (const thing of [`USER ${USER}`, `DATABASE ${CANARIES.grant}`]) await root.run(`DROP ${thing}`);
    root.close();
  });

  const made = (as: string): Services & { audit: ReturnType<typeof memoryAuditStore> } => {
    const { config } = servicesFor(url, ACCESS + REAPERS);
    const audit = memoryAuditStore();
    const idempotency = createIdempotency(async () => createMemoryPersistence());
    const limits = { ...config, timeouts: { connect: 2, statement: 3, overall: 8 } };
    return { ...createServices(limits, createUrlDirectory(new Map([['local', as]])), audit, idempotency), audit };
  };

  /** Asks for everything there is, as everybody. */
  async function askAll(services: Services, id: string, tag: string): Promise<Set<number>> {
    const routes = await loadRoutes(async () => services);
    const statuses = new Set<number>();
    const ask = async (name: string, sub: string, over: Readonly<Record<string, unknown>> = {}) => {
      const route = routes.find((one) => one.name === name);
      const authorizer = { jwt: { claims: { sub } } };
      const event = anEvent({
        pathParameters: { target: 'local', id },
        requestContext: { requestId: 'r1', authorizer },
        ...over,
      });
      const answer = await route?.handler(event, {} as never);
      if (answer === undefined) throw new Error(`no route ${name}`);
      said.push(JSON.stringify(answer));
      statuses.add(answer.statusCode);
    };
    for (const sub of SUBJECTS) {
      for (const { name } of ROUTES.filter(({ method }) => method === 'GET')) await ask(name, sub);
      for (const rawQueryString of [
        'full=true',
        `text=${CANARIES.literal}`,
        `user=${CANARIES.literal}`,
        'blocking=true',
      ])
        await ask('list-sessions', sub, { rawQueryString });
      await ask('get-session', sub, { rawQueryString: 'full=true' });
      for (const dryRun of [true, false])
        await ask('preview-reap', sub, { body: JSON.stringify({ reaper: 'long-ones', dryRun }) });
      await ask('kill-connection', sub, {
        headers: { 'if-match': `"${tag.replace(/^./, (first) => (first === 'a' ? 'b' : 'a'))}"` },
      });
      await ask('kill-sessions', sub, {
        body: JSON.stringify({
          kills: [
            { id: '18446744073709551614', kind: 'query' },
            { id, kind: 'query' },
          ],
        }),
      });
      await ask('kill-query', sub);
      await ask('kill-sessions', sub, { body: `{"kills": "${CANARIES.literal}` });
      await ask('list-audit', sub);
    }
    return statuses;
  }

  it.skipIf(!url)('nothing of them comes out, no matter who asks for what', async () => {
    const [busy, root] = [await open(own()), await open(url)];
    void busy.run(LITERAL);
    const services = made(url);
    const view = await seen(services.config.access.length > 0 ? servicesFor(url) : services, busy.id, isRunning);
    const statuses = await askAll(services, busy.id, view.tag);
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 403, 404, 412]));
    // With the account itself: it may do little, and its grants bear a canary.
    void busy.run(LITERAL);
    await seen(servicesFor(url), busy.id, isRunning);
    await root.run(`GRANT PROCESS ON *.* TO ${USER}`);
    const weak = made(own());
    await askAll(weak, busy.id, view.tag);
    const records = [...services.audit.records, ...weak.audit.records].map((record) => JSON.stringify(record));
    search({ answers: said, records, lines: recorder.lines(), traces: recorder.traces() });
    expect(recorder.lines().join()).toContain('"_aws"');
    expect(records.join()).toContain('SELECT SLEEP(?)');
  });

  it.skipIf(!url)(
    'nothing of them comes out where the login fails, the port is closed, or the database is not there',
    async () => {
      const wrong = urlAs(url, USER, `${CANARIES.password}x`);
      const closed = new URL(own());
      closed.port = '1';
      const elsewhere = new URL(own());
      elsewhere.pathname = `/${CANARIES.grant}_no`;
      for (const as of [wrong, closed.href, elsewhere.href]) {
        const services = made(as);
        const statuses = await askAll(services, '42', '0'.repeat(22));
        expect([...statuses].some((status) => status >= 500)).toBe(true);
      }
      search({ answers: said, lines: recorder.lines() });
    },
  );

  it.skipIf(!url)('nothing of them comes out in a chat', async () => {
    const busy = await open(own());
    void busy.run(LITERAL);
    const services = servicesFor(url, chatConfig(REAPERS));
    await seen(services, busy.id, isRunning);
    const chat = await startChat(services);
    try {
      for (const user of ['U0ADA', 'U0LINUS', 'U0NOBODY'])
        for (const line of [
          'targets',
          'sessions local command=Query',
          `show local ${busy.id}`,
          'blockers local',
          'health local',
          'audit local',
          'reap local long-ones',
          `cancel local ${busy.id}`,
          `kill local ${busy.id}`,
          `sessions local ${CANARIES.token}`,
          'help',
        ])
          said.push(
            JSON.stringify(await chat.slack.type(line, user).catch((error: unknown) => String(error))).replaceAll(
              CANARIES.token,
              '',
            ),
          );
    } finally {
      chat.stop();
    }
    search({ messages: said });
    for (const line of recorder.lines()) expect(canariesIn(line)).toEqual([]);
    expect(said.join()).toContain('SELECT SLEEP(?)');
  });
});
