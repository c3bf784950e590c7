import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { encodeCursor } from '../../../../lib/page-cursor.ts';
import { getSession } from '../../../../lib/sessions/get-session.ts';
import type { GroupColumn } from '../../../../lib/sessions/group-key.ts';
import { countSessions, listSessions } from '../../../../lib/sessions/list-sessions.ts';
import type { LockWait } from '../../../../lib/sessions/lock-wait.ts';
import type { SessionQuery } from '../../../../lib/sessions/match-query.ts';
import type { Session } from '../../../../lib/sessions/session.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';
import { aSession, aWait, running } from '../reaper/a-session.ts';

const CONFIG = `access:
  - { who: { sub: ops }, targets: ['*'], privileges: [PROCESS], statements: full }
  - { who: { sub: ann }, targets: ['*'], users: [ann] }
`;
const QUERY: SessionQuery = { sort: 'id', limit: 100, full: false };

interface Ask extends Partial<SessionQuery> {
  readonly sub?: string;
  readonly target?: string;
  readonly waits?: readonly LockWait[] | null;
}

async function list(sessions: readonly Session[], { sub = 'ops', target = 'local', waits = [], ...query }: Ask = {}) {
  const { services, database } = scriptedServices(CONFIG, { looks: [sessions] }, ['local', 'other']);
  let isClosed = false;
  database.lockWaits = async () => waits;
  database.close = async () => {
    isClosed = true;
  };
  const principal = { source: 'jwt', subject: sub, groups: [], claims: { sub } } as const;
  const page = await listSessions(services, { principal, target, query: { ...QUERY, ...query } });
  expect(isClosed).toBe(true);
  return { ...page, ids: page.sessions.map(({ id }) => id) };
}

const many = (count: number) => Array.from({ length: count }, (_, n) => aSession({ id: String(count - n) }));

describe('a list of sessions', () => {
  it('has those that the caller may view, in the order asked for', async () => {
    const sessions = [aSession({ id: '7', user: 'ann' }), aSession({ id: '5' }), aSession({ id: '6', user: 'ann' })];
    expect((await list(sessions)).ids).toEqual(['5', '6', '7']);
    expect((await list(sessions, { sort: '-id' })).ids).toEqual(['7', '6', '5']);
    expect((await list(sessions, { sub: 'ann' })).ids).toEqual(['6', '7']);
    expect((await list(sessions, { user: 'app' })).ids).toEqual(['5']);
    expect((await list(sessions)).next).toBeNull();
  });

  it('has those that block, or do not, where that is asked', async () => {
    const waits = [aWait('2', '1', 5)];
    expect((await list(many(3), { blocking: true, waits })).ids).toEqual(['1']);
    expect((await list(many(3), { blocking: false, waits })).ids).toEqual(['2', '3']);
    await expect(list(many(3), { blocking: true, waits: null })).rejects.toMatchObject({
      code: 'target-failed',
      detail: expect.stringContaining('does not tell'),
    });
    expect((await list(many(3), { waits: null })).ids).toEqual(['1', '2', '3']);
  });

  it('tells how many there are on all pages, and on each page the same', async () => {
    const first = await list(many(5), { limit: 2 });
    expect(first).toMatchObject({ ids: ['1', '2'], total: 5 });
    expect(await list(many(5), { limit: 2, cursor: first.next ?? '' })).toMatchObject({ ids: ['3', '4'], total: 5 });
    expect((await list(many(5), { sub: 'ann' })).total).toBe(0);
    expect((await list(many(5), { user: 'nobody*' })).total).toBe(0);
  });

  it('says how many the filters could not decide on, of those that the caller may view', async () => {
    const unknown = [{ field: 'transaction', why: 'Hidden.' }] as const;
    const sessions = [
      aSession({ id: '1', unknown }),
      aSession({ id: '2' }),
      aSession({ id: '3', user: 'ann', unknown }),
    ];
    const of = async (ask: Ask) => {
      const { ids, undecided } = await list(sessions, ask);
      return [ids, undecided];
    };
    expect(await of({})).toEqual([['1', '2', '3'], 0]);
    expect(await of({ inTransaction: false })).toEqual([['2'], 2]);
    expect(await of({ inTransaction: true, user: 'ann' })).toEqual([[], 1]);
    expect(await of({ inTransaction: false, sub: 'ann' })).toEqual([[], 1]);
    expect(await of({ inTransaction: false, blocking: true, waits: [aWait('2', '1', 5)] })).toEqual([[], 1]);
  });

  it('shows literals to one who may read them and asks to', async () => {
    const sessions = [aSession({ user: 'ann', statement: running("SELECT 'x'") })];
    const textFor = async (ask: Ask) => (await list(sessions, ask)).sessions[0]?.statement?.text;
    expect(await textFor({ full: true })).toBe("SELECT 'x'");
    expect(await textFor({ full: false })).toBe('SELECT ?');
    expect(await textFor({ full: true, sub: 'ann' })).toBe('SELECT ?');
  });
});

describe('a page', () => {
  it('leads to the next until all were shown once', async () => {
    for (const sort of ['id', '-id', 'user', '-user'] as const) {
      const seen: string[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < 10; page++) {
        const answer: Awaited<ReturnType<typeof list>> = await list(many(7), {
          sort,
          limit: 3,
          ...(cursor !== null && { cursor }),
        });
        seen.push(...answer.ids);
        cursor = answer.next;
        if (cursor === null) break;
      }
      expect(seen.toSorted()).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    }
  });

  it.each(['time', '-time'] as const)(
    'in the order %s is the only one: the next would be of other ages',
    async (sort) => {
      const answer = await list(many(7), { sort, limit: 3 });
      expect([answer.ids.length, answer.next]).toEqual([3, null]);
      const cursor = (await list(many(7), { limit: 3 })).next ?? '';
      await expect(list(many(7), { sort, cursor })).rejects.toMatchObject({
        code: 'request-invalid',
        detail: 'cursor: an order by time has one page. Sort by ID for more.',
      });
    },
  );

  it('that holds the last one leads nowhere', async () => {
    expect((await list(many(3), { limit: 3 })).next).toBeNull();
    expect((await list([])).next).toBeNull();
  });

  it.each([
    ['another target', { target: 'other' }],
    ['another caller', { sub: 'ann' }],
    ['another order', { sort: '-id' }],
    ['another filter', { user: 'app' }],
  ] as const)('goes on for no other query: %s', async (_title, over) => {
    const { next } = await list(many(3), { limit: 1 });
    await expect(list(many(3), { limit: 1, cursor: next ?? '', ...over })).rejects.toMatchObject({
      code: 'request-invalid',
    });
    expect((await list(many(3), { limit: 2, cursor: next ?? '' })).ids).toEqual(['2', '3']);
  });

  it('begins at no position that no page gave', async () => {
    const { limit: _, ...query } = QUERY;
    const cursor = encodeCursor({ ...query, target: 'local', principal: ['jwt', 'ops'] }, ['no position']);
    await expect(list(many(3), { cursor })).rejects.toMatchObject({
      code: 'request-invalid',
      detail: 'cursor: it is not one that a page gave.',
    });
  });

  it('ends before it is too large for an answer, and holds one session at least', async () => {
    const large = (id: string, bytes: number) =>
      aSession({ id, statement: running(`SELECT ${'ä'.repeat(bytes / 2)}`) });
    const three = [large('1', 1_900_000), large('2', 1_900_000), large('3', 1_900_000)];
    const first = await list(three, { full: true });
    expect(first.ids).toEqual(['1', '2']);
    expect((await list(three, { full: true, cursor: first.next ?? '' })).ids).toEqual(['3']);
    const huge = [large('1', 5_000_000), large('2', 10)];
    expect((await list(huge, { full: true })).ids).toEqual(['1']);
  });
});

describe('statements with their literals', () => {
  const READ = `access:
  - { who: { sub: ops }, targets: ['*'], privileges: [PROCESS], statements: full }
  - { who: { sub: view }, targets: ['*'], privileges: [PROCESS] }
`;
  const rows = [aSession({ statement: running("SELECT 'x'") }), aSession({ id: '43' })];
  function reading(sub: string) {
    const { services, audit } = scriptedServices(READ, { looks: [rows] });
    const principal = { source: 'jwt', subject: sub, groups: [], claims: { sub } } as const;
    const ask = (over: Partial<SessionQuery> = {}, store = services) =>
      listSessions(store, { principal, target: 'local', query: { sort: 'id', limit: 9, full: true, ...over } });
    return { services, audit, ask, principal };
  }

  it('are shown once it is on record who reads them: who, where, the filters, and how many', async () => {
    const { audit, ask } = reading('ops');
    await ask();
    await ask({ text: 'secret', user: 'app', limit: 1 });
    await ask({ full: false });
    expect(audit.records).toMatchObject([
      {
        ...{ kind: 'read', principal: { subject: 'ops' }, target: 'local', sessionId: null, filter: '{}', count: 1 },
        ...{ outcome: 'shown', user: null, statement: null },
      },
      { filter: '{"user":"app","text":"…"}', count: 0 },
    ]);
  });

  it('of one session, too', async () => {
    const { services, audit, principal } = reading('ops');
    await getSession(services, { principal, target: 'local', id: aSession().id, full: true });
    expect(audit.records).toMatchObject([{ kind: 'read', sessionId: '42', filter: null, count: 1 }]);
  });

  it('are not shown where it cannot be recorded, and need no record where they are masked', async () => {
    const note = () => Promise.reject(new AppError('audit-unavailable'));
    const ops = reading('ops');
    const broken = { ...ops.services, audit: { ...ops.audit, note } };
    const refused = expect.objectContaining({ code: 'audit-unavailable', detail: expect.stringContaining('literals') });
    await expect(ops.ask({}, broken)).rejects.toEqual(refused);
    const { principal } = ops;
    await expect(getSession(broken, { principal, target: 'local', id: aSession().id, full: true })).rejects.toEqual(
      refused,
    );
    const view = reading('view');
    const masked = await view.ask({}, { ...view.services, audit: { ...view.audit, note } });
    expect(masked.sessions[0]?.statement).toMatchObject({ masked: true });
    expect(view.audit.records).toEqual([]);
  });
});

describe('sessions counted by a column', () => {
  const counted = async (sessions: readonly Session[], sub = 'ops', groupBy: GroupColumn = 'user', more = {}) => {
    const { services } = scriptedServices(CONFIG, { looks: [sessions] });
    const principal = { source: 'jwt', subject: sub, groups: [], claims: { sub } } as const;
    const request = { principal, target: 'local', groupBy, filters: {}, limit: 100, ...more };
    return countSessions(services, request);
  };
  const inWork = { id: null, state: 'ACTIVE', time: 3 };

  it('tell count, sleepers, transactions and the oldest, the largest group first', async () => {
    const found = await counted([
      aSession({ id: '11', user: 'app', command: 'Sleep', time: 5, transaction: inWork }),
      aSession({ id: '12', user: 'app', command: 'Sleep', time: 900 }),
      aSession({ id: '13', user: 'ann', command: 'Query', statement: running('SELECT 4711'), time: null }),
      aSession({
        id: '14',
        user: 'app',
        command: 'Query',
        statement: running('SELECT 1'),
        unknown: [{ field: 'transaction', why: 'Hidden.' }],
      }),
      // The connection that asks.
      aSession({ id: '1', user: 'app', command: 'Query', time: 0 }),
    ]);
    expect(found).toMatchObject({ groupBy: 'user', total: 4, more: 0, undecided: 0 });
    const { example: first, ...app } = found.groups[0] ?? expect.fail();
    const counts = { count: 3, idle: 2, idleFor5m: 1, inTransaction: 1, transactionUnknown: 1, oldest: 900 };
    expect([app, first.id]).toEqual([{ value: 'app', known: true, ...counts }, '12']);
    expect(found.groups[1]).toMatchObject({ value: 'ann', count: 1, idle: 0, oldest: null, example: { id: '13' } });
    // Literals stay hidden from one who may read them, too: no one asked for them, and no record says so.
    expect(found.groups[1]?.example.statement).toMatchObject({ text: 'SELECT ?', masked: true });
  });

  it('of no value are a group, and those whose value is not known another', async () => {
    const { groups } = await counted(
      [
        aSession({ id: '11', db: null }),
        aSession({ id: '12', db: null, unknown: [{ field: 'db', why: 'Hidden.' }] }),
        aSession({ id: '13', db: null, unknown: [{ field: 'db', why: 'Hidden.' }] }),
      ],
      'ops',
      'db',
    );
    expect(groups.map(({ value, known, count }) => [value, known, count])).toEqual([
      [null, false, 2],
      [null, true, 1],
    ]);
  });

  it('are those that the caller may view and the filters let through, and at most as many groups as asked for', async () => {
    const sessions = [
      aSession({ id: '11', user: 'ann', host: '10.0.0.1:5' }),
      aSession({ id: '12', user: 'ann', host: '10.0.0.1:6' }),
      aSession({ id: '13', user: 'ann', host: '10.0.0.2:5' }),
      aSession({ id: '14', user: 'bob', host: '10.0.0.1:7' }),
    ];
    const own = await counted(sessions, 'ann', 'host', { limit: 1 });
    expect(own).toMatchObject({ total: 3, more: 1, groups: [{ value: '10.0.0.1', count: 2 }] });
    const filtered = await counted(sessions, 'ops', 'user', { filters: { host: '10.0.0.1' } });
    expect(filtered.groups.map(({ value, count }) => [value, count])).toEqual([
      ['ann', 2],
      ['bob', 1],
    ]);
  });

  it('by what they run, whatever its literals', async () => {
    const { groups } = await counted(
      [1, 2].map((n) =>
        aSession({ id: `1${n}`, command: 'Query', statement: running(`SELECT * FROM t WHERE a = ${n}`) }),
      ),
      'ops',
      'fingerprint',
    );
    expect(groups).toMatchObject([{ count: 2, known: true }]);
    expect(groups[0]?.value).not.toMatch(/[12]/);
  });
});
