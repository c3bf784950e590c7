import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as getSession from '../../functions/get-session.ts';
import * as killConnection from '../../functions/kill-connection.ts';
import * as killQuery from '../../functions/kill-query.ts';
import * as listBlockers from '../../functions/list-blockers.ts';
import * as listSessions from '../../functions/list-sessions.ts';
import * as previewReap from '../../functions/preview-reap.ts';
import { runScheduled } from '../../lib/reaper/reap.ts';
import { memoryReplayStore } from '../../lib/state/replay-store.ts';
import { memoryRequestStore } from '../../lib/state/request-store.ts';
import { memoryWarningStore } from '../../lib/state/warning-store.ts';
import { startChat } from '../support/chat/a-chat.ts';
import { chatConfig } from '../support/chat/chat-config.ts';
import { until } from '../support/chat/fake-server.ts';
import { hurriedWarnings } from '../support/chat/hurried-warnings.ts';
import { readAudit } from '../support/chat/read-audit.ts';
import { buttonOf, textOf } from '../support/chat/slack-message.ts';
import { anEvent, bodyOf } from '../support/http-event.ts';
import { aCluster } from '../support/odp/a-cluster.ts';
import { servicesFor } from './a-server.ts';
import { KERNEL_4_3_5, modes } from './modes.ts';

const url = (await modes()).find(({ title }) => title === KERNEL_4_3_5)?.url ?? '';
const LONG = "SELECT SLEEP(30) AS t, 'http-secret' FROM (SELECT 1 UNION ALL SELECT 2) r";
const rule = (name: string, more: string) =>
  `  - { name: ${name}, targets: ['*'], kill: connection, match: { user: odp_client, idle: 1s }, victims: all, mode: enforce, limits: { perRun: 100 }, ${more} }\n`;
const CONFIG = chatConfig(`reapers:
${rule('idle', '')}${rule('warned', "report: 'slack:ops', warn: { channel: 'slack:ops', before: 10m, extensions: 1 }")}`);
const HANDLERS = {
  list: listSessions,
  get: getSession,
  end: killConnection,
  cancel: killQuery,
  blockers: listBlockers,
  reap: previewReap,
} as const;
const MINUTE = 60_000;

/** A client of any of the three kinds: under which IDs it is listed, its own first, and what it does. */
interface Mixed {
  readonly ids: readonly [string, ...string[]];
  run(sql: string): void;
  /** Waits for the statement's end. */
  ran(sql: string): Promise<void>;
  isAlive(): Promise<boolean>;
}
const KINDS = ['v1', 'v2', 'direct'] as const;
type Kind = (typeof KINDS)[number];

interface Listed {
  readonly id: string;
  readonly command: string;
  readonly tag: string;
  readonly statement: { readonly tag: string } | null;
  readonly tenant: string | null;
  readonly proxySessionId: string | null;
  readonly observers: readonly string[] | null;
}

describe.each([false, true])(
  'over HTTP, clients by ODP v1, v2 and none on two observers that change order: %s',
  (flips) => {
    const on = aCluster(url, flips);
    const hurried = hurriedWarnings(memoryWarningStore());
    const state = {
      requests: memoryRequestStore(),
      replays: memoryReplayStore(),
      warnings: hurried.store,
    };
    let services: ReturnType<typeof servicesFor>;
    let chat: Awaited<ReturnType<typeof startChat>>;
    beforeAll(async () => {
      if (!url) return;
      services = servicesFor(on.service, CONFIG);
      const withRequests = Object.assign(services, { requests: state.requests });
      chat = await startChat(withRequests, state);
      Object.assign(services, { reaperChat: chat.reaperChat });
    });
    afterAll(() => chat?.stop());

    const byProxy = async (version: 'v1' | 'v2'): Promise<Mixed> => {
      const session = await on.client(version, 2);
      const { listed } = session;
      return {
        // Each server session of the first version has an ID of its own.
        ids: version === 'v1' ? [listed, String(BigInt(listed) + 65_536n)] : [listed],
        run: (sql) => session.send(sql),
        ran: (sql) => session.query(sql),
        isAlive: async () => {
          await sleep(100);
          return session.isOpen;
        },
      };
    };
    const directly = async (): Promise<Mixed> => {
      const session = await on.direct('odp_client');
      return {
        ids: [session.id],
        run: (sql) => void session.run(sql),
        ran: async (sql) => {
          expect(await session.run(sql)).toBe(0);
        },
        isAlive: () => session.isAlive(),
      };
    };
    const open = async (): Promise<Readonly<Record<Kind, Mixed>>> => ({
      v1: await byProxy('v1'),
      v2: await byProxy('v2'),
      direct: await directly(),
    });

    async function ask(
      what: keyof typeof HANDLERS,
      { id = '1', tag, query = '', body }: { id?: string; tag?: string; query?: string; body?: unknown } = {},
    ) {
      const answer = await HANDLERS[what].createHandler(async () => services)(
        anEvent({
          pathParameters: { target: 'local', id },
          rawQueryString: query,
          headers: { 'content-type': 'application/json', ...(tag === undefined ? {} : { 'if-match': `"${tag}"` }) },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          requestContext: { requestId: 'r1', authorizer: { jwt: { claims: { sub: 'ada', groups: '[operator]' } } } },
        }),
      );
      return { status: answer.statusCode, ...bodyOf(answer) };
    }
    const listed = async (): Promise<readonly Listed[]> => {
      const { status, sessions } = (await ask('list', { query: 'user=odp_client&limit=1000' })) as Awaited<
        ReturnType<typeof ask>
      > & { sessions: readonly Listed[] };
      expect(status).toBe(200);
      return sessions;
    };
    const rowOf = async ({ ids: [id] }: Mixed, is: (row: Listed) => boolean = () => true): Promise<Listed> => {
      for (let round = 0; round < 600; round++) {
        const row = (await listed()).find((one) => one.id === id && is(one));
        if (row !== undefined) return row;
        await sleep(100);
      }
      throw new Error(`session ${id} never looked as the test needs it`);
    };
    const isRunning = ({ statement }: Listed): boolean => statement !== null;
    const idsOf = (clients: Readonly<Record<Kind, Mixed>>): readonly string[] =>
      KINDS.flatMap((kind) => clients[kind].ids).toSorted();
    const outcomesOf = async (ids: readonly string[]) =>
      (await readAudit(services, 'target=local&limit=100'))
        .filter(({ sessionId, kind }) => sessionId !== null && ids.includes(sessionId) && kind !== 'read')
        .map(({ sessionId, outcome }) => `${sessionId} ${outcome}`);

    it.skipIf(!url)('lists each once, a client of the first version by each of its server sessions', async () => {
      const clients = await open();
      const rows = await listed();
      expect(rows.map(({ id }) => id).toSorted()).toEqual(idsOf(clients));
      const of = (kind: Kind) => rows.filter(({ id }) => clients[kind].ids.includes(id));
      expect(of('v2').map(({ observers }) => observers)).toEqual([['10.0.0.1:2882', '10.0.0.2:2882']]);
      expect(new Set(of('v1').map(({ proxySessionId }) => proxySessionId)).size).toBe(1);
      expect(
        of('v1')
          .flatMap(({ observers }) => observers)
          .toSorted(),
      ).toEqual(['10.0.0.1:2882', '10.0.0.2:2882']);
      expect(of('direct').map(({ proxySessionId }) => proxySessionId)).toEqual([null]);
      expect(new Set(rows.map(({ tenant }) => tenant))).toEqual(new Set(['orders']));
      const [client] = of('v2');
      expect(await ask('get', { id: clients.v2.ids[0] })).toMatchObject({ status: 200, tag: client?.tag });
    });

    it.skipIf(!url).each(KINDS)('cancels the statement of %s, and no other’s', async (kind) => {
      const clients = await open();
      for (const one of KINDS) clients[one].run(LONG);
      for (const one of KINDS) await rowOf(clients[one], isRunning);
      const { id, statement } = await rowOf(clients[kind], isRunning);
      const answer = { outcome: 'query-cancelled', identity: 'exact', proven: true };
      expect(await ask('cancel', { id, tag: statement?.tag ?? '' })).toMatchObject({ status: 200, ...answer });
      for (const one of KINDS) expect((await rowOf(clients[one])).statement === null).toBe(one === kind);
      expect(await outcomesOf(idsOf(clients))).toEqual([`${id} query-cancelled`]);
    });

    it.skipIf(!url).each(KINDS)('ends %s, and no other', async (kind) => {
      const clients = await open();
      const { id, tag } = await rowOf(clients[kind]);
      const other = await rowOf(clients[kind === 'v2' ? 'v1' : 'v2']);
      expect(await ask('end', { id, tag: other.tag })).toMatchObject({ status: 412, code: 'tag-mismatch' });
      expect(await ask('end', { id, tag })).toMatchObject({ status: 200, outcome: 'terminated', identity: 'exact' });
      for (const one of KINDS) expect(await clients[one].isAlive()).toBe(one !== kind);
      expect(await ask('get', { id })).toMatchObject({ status: 404, code: 'session-not-found' });
      expect(await outcomesOf([id])).toEqual(expect.arrayContaining([`${id} terminated`]));
    });

    it.skipIf(!url).each(KINDS)('names %s as the one for whom the others wait', async (kind) => {
      const clients = await open();
      await on.root.query('CREATE TABLE IF NOT EXISTS odp.t (id INT PRIMARY KEY, v INT)');
      await on.root.query('REPLACE INTO odp.t VALUES (1, 0)');
      await clients[kind].ran('START TRANSACTION');
      await clients[kind].ran('UPDATE odp.t SET v = 1 WHERE id = 1');
      const waiters = KINDS.filter((one) => one !== kind).map((one) => clients[one]);
      for (const one of waiters) one.run('UPDATE odp.t SET v = 2 WHERE id = 1');
      let found: unknown;
      for (let round = 0; round < 400; round++) {
        const { blockers } = (await ask('blockers')) as {
          blockers?: readonly { id: string; holdsUp: number; waiters: readonly { id: string }[] }[];
        };
        found = blockers?.map(({ id, holdsUp, waiters: waiting }) => ({
          id,
          holdsUp,
          waiting: waiting.map((one) => one.id).toSorted(),
        }));
        if (blockers?.[0]?.holdsUp === 2) break;
        await sleep(150);
      }
      expect(found).toEqual([
        { id: clients[kind].ids[0], holdsUp: 2, waiting: waiters.map(({ ids: [id] }) => id).toSorted() },
      ]);
    });

    it.skipIf(!url)('reaps who is idle on every observer, and no one else', async () => {
      const [idle, busy] = [await open(), await open()];
      for (const kind of KINDS) busy[kind].run(LONG);
      for (const kind of KINDS) await rowOf(busy[kind], isRunning);
      await sleep(2_200);
      const { status, victims } = (await ask('reap', { body: { reaper: 'idle', dryRun: false } })) as {
        status: number;
        victims?: readonly { id: string; outcome: string }[];
      };
      expect(status).toBe(200);
      expect(victims?.map(({ id }) => id).toSorted()).toEqual(idsOf(idle));
      for (const kind of KINDS) {
        const [id] = idle[kind].ids;
        expect(victims?.find((victim) => victim.id === id)).toMatchObject({ outcome: 'terminated' });
        expect(await idle[kind].isAlive()).toBe(false);
        expect(isRunning(await rowOf(busy[kind]))).toBe(true);
      }
      const records = await readAudit(services, 'target=local&limit=100');
      for (const kind of KINDS)
        expect(records.find(({ sessionId }) => sessionId === idle[kind].ids[0])).toMatchObject({
          outcome: 'terminated',
          reaper: 'idle',
        });
    });

    it.skipIf(!url)('warns of all, keeps the one that someone keeps, and ends the others', async () => {
      const clients = await open();
      await sleep(2_200);
      const before = Math.max(0, ...chat.slack.messages.keys());
      const run = () => runScheduled(services, { target: 'local', reaper: 'warned' });
      const first = await run();
      expect(first.victims).toEqual([]);
      expect(first.warned.map(({ id, stage }) => `${id} ${stage}`).toSorted()).toEqual(
        idsOf(clients).map((id) => `${id} warned`),
      );
      const warning = await until(
        () => [...chat.slack.messages.values()].find(({ id, text }) => id > before && text.includes('will end')),
        'the warning',
      );
      const [kept] = clients.v2.ids;
      const anew = await chat.slack.press(warning, buttonOf(warning, 'Keep it for 30m', kept), 'U0GRACE');
      expect(textOf(anew)).toContain('kept by grace');
      hurried.passed.ms = 11 * MINUTE;
      const second = await run();
      hurried.passed.ms = 0;
      expect(second.warned).toMatchObject([{ id: kept, stage: 'kept', keptBy: 'grace' }]);
      for (const kind of KINDS) expect(await clients[kind].isAlive()).toBe(kind === 'v2');
      const outcomes = await outcomesOf(idsOf(clients));
      for (const kind of KINDS)
        expect(outcomes).toContain(`${clients[kind].ids[0]} ${kind === 'v2' ? 'kept' : 'terminated'}`);
    });

    it.skipIf(!url).each(KINDS)('ends %s in a chat once another has approved, and no sooner', async (kind) => {
      const clients = await open();
      const [id] = clients[kind].ids;
      const question = await chat.slack.type(`kill local ${id} in the way`, 'U0EVE');
      expect(await clients[kind].isAlive()).toBe(true);
      const approve = buttonOf(question, 'Approve');
      expect(textOf(await chat.slack.press(question, approve, 'U0EVE'))).toContain('You may not approve');
      expect(await clients[kind].isAlive()).toBe(true);
      expect(textOf(await chat.slack.press(question, approve, 'U0GRACE'))).toContain('The session was ended.');
      for (const one of KINDS) expect(await clients[one].isAlive()).toBe(one !== kind);
      const records = await readAudit(services, 'target=local&limit=100');
      expect(records.find(({ sessionId, outcome }) => sessionId === id && outcome === 'terminated')).toMatchObject({
        principal: { subject: 'eve' },
        approver: { subject: 'grace' },
        reason: 'in the way',
      });
    });
  },
);
