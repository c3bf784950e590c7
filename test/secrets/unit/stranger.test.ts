import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ROUTES } from '../../../functions/routes.ts';
import type { HttpAnswer } from '../../../lib/http/answer.ts';
import { sessionTag } from '../../../lib/sessions/tags.ts';
import { loadRoutes } from '../../../local/gateway/load-routes.ts';
import { aReaperChat } from '../../support/a-reaper-chat.ts';
import { anEvent } from '../../support/http-event.ts';
import { scriptedServices } from '../../support/scripted-services.ts';
import { aSession, running } from '../../unit/lib/reaper/a-session.ts';
import { ABSENT, aWorld, type Ask as HttpAsk, type Seed } from './a-hidden-world.ts';

const CONFIG = `access:
  - { who: { sub: ann }, targets: [shared, gone], users: [ann] }
  - { who: { sub: root }, targets: ['*'], privileges: [PROCESS, SUPER] }
reapers:
  - { name: idle-app, targets: [shared, hidden], kill: connection, match: { idle: 1s } }
`;
const OTHERS = aSession({ id: '42', user: 'app', command: 'Query', statement: running('SELECT 1') });
const SYSTEM = aSession({ id: '43', user: 'event_scheduler', command: 'Daemon' });

interface Ask {
  readonly target: string;
  readonly id?: string;
  readonly body?: unknown;
  readonly tag?: string;
  readonly sub?: string;
}

/** What Ann is answered, but for what stands in every answer and in the path that she wrote herself. */
async function told(name: string, { target, id = '42', body, tag, sub = 'ann' }: Ask): Promise<unknown> {
  const rows = [OTHERS, SYSTEM].filter((session) => session.id === id);
  const { services: scripted } = scriptedServices(CONFIG, { looks: [rows] }, ['shared', 'hidden']);
  const services = { ...scripted, reaperChat: aReaperChat };
  const [route] = (await loadRoutes(async () => services)).filter((one) => one.name === name);
  const answer: HttpAnswer | undefined = await route?.handler(
    anEvent({
      rawPath: '/asked',
      pathParameters: { target, id, approval: 'x'.repeat(22) },
      headers: { 'content-type': 'application/json', ...(tag !== undefined && { 'if-match': `"${tag}"` }) },
      requestContext: { requestId: 'r1', authorizer: { jwt: { claims: { sub } } } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
    {} as never,
  );
  return (
    answer && { ...answer, body: JSON.parse(answer.body.replaceAll(target, 'TARGET').replaceAll(`"${id}"`, '"ID"')) }
  );
}

const BODIES: Readonly<Record<string, unknown>> = {
  'kill-sessions': { kills: [{ id: '42', kind: 'connection' }] },
  'preview-reap': { reaper: 'idle-app' },
  'ask-approval': { kills: [{ id: '42', kind: 'connection', tag: 'a-tag' }] },
};
const ON_TARGET = ROUTES.filter(({ path }) => path.includes('{target}'));
const ON_SESSION = ROUTES.filter(({ path }) => path.includes('{id}'));

describe('someone who may see nothing of it', () => {
  it.each(ON_TARGET)(
    'is told the same of a target that is hidden and of one that is not: $method $path',
    async ({ name }) => {
      const body = BODIES[name];
      const hidden = await told(name, { target: 'hidden', body });
      expect(hidden).toEqual(await told(name, { target: 'no-such', body }));
      expect(hidden).toEqual(await told(name, { target: 'gone', body }));
      const code = name === 'get-approval' ? 'approval-not-found' : 'target-not-found';
      expect(hidden).toMatchObject({ statusCode: 404, body: { code } });
      expect(await told(name, { target: 'hidden', body, sub: 'root' })).not.toMatchObject({
        statusCode: 404,
        body: { code: 'target-not-found' },
      });
    },
  );

  it.each(ON_SESSION)(
    'is told the same of a session of others, of the server and of none: $method $path',
    async ({ name }) => {
      const none = await told(name, { target: 'shared', id: '9' });
      for (const id of ['42', '43']) expect(await told(name, { target: 'shared', id })).toEqual(none);
      expect(none).toMatchObject({ statusCode: 404, body: { code: 'session-not-found' } });
    },
  );

  it('is told the same where its tag is right, and of many at once', async () => {
    const tag = sessionTag(OTHERS);
    const ask = { target: 'shared', tag };
    expect(await told('kill-connection', ask)).toEqual(await told('kill-connection', { ...ask, id: '9' }));
    const kills = (id: string) => ({ kills: [{ id, kind: 'connection', tag }] });
    expect(await told('kill-sessions', { target: 'shared', body: kills('42') })).toEqual(
      await told('kill-sessions', { target: 'shared', id: '9', body: kills('9') }),
    );
  });

  it('is told the same of a reaper that there is and of none', async () => {
    for (const dryRun of [true, false])
      for (const target of ['shared', 'hidden']) {
        const there = await told('preview-reap', { target, body: { reaper: 'idle-app', dryRun } });
        expect(there).toEqual(await told('preview-reap', { target, body: { reaper: 'no-such', dryRun } }));
      }
    const body = { reaper: 'no-such' };
    expect(await told('preview-reap', { target: 'shared', body, sub: 'root' })).toMatchObject({
      body: { code: 'reaper-not-found' },
    });
  });
});

/** One wish of Ann's that may be refused. */
interface Wish {
  readonly what: 'kill-connection' | 'kill-query' | 'bulk' | 'reap' | 'reap-now' | 'get' | 'chat-kill' | 'chat-cancel';
  readonly whom: number;
  readonly tag: 'none' | 'right' | 'forged';
  readonly press: 'confirm' | 'deny' | 'approve';
}

const seeds: fc.Arbitrary<Seed> = fc.record({
  gives: fc.constantFrom('nothing', 'super', 'from-database', 'approval'),
  full: fc.boolean(),
  requireTags: fc.boolean(),
  stop: fc.boolean(),
  sessions: fc.array(
    fc.record({
      whose: fc.constantFrom('ann', 'other', 'other', 'kept', 'system', 'nobody'),
      busy: fc.boolean(),
      port: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  waits: fc.array(fc.tuple(fc.nat(5), fc.option(fc.nat(5), { nil: null }), fc.boolean()), { maxLength: 6 }),
});
const wishes: fc.Arbitrary<Wish> = fc.record({
  what: fc.constantFrom(
    ...(['kill-connection', 'kill-query', 'bulk', 'reap', 'reap-now', 'get', 'chat-kill', 'chat-cancel'] as const),
  ),
  whom: fc.nat(5),
  tag: fc.constantFrom('none', 'right', 'forged'),
  press: fc.constantFrom('confirm', 'deny', 'approve'),
});

type World = Awaited<ReturnType<typeof aWorld>>;
const FORGED = { connection: 'f'.repeat(22), query: `${'f'.repeat(22)}.${'f'.repeat(22)}` } as const;

/** All that Ann is told of one wish, and whom it asked for. */
async function wished(world: World, { what, whom, tag: which, press }: Wish, other?: string) {
  const id = other ?? world.ids[whom % world.ids.length] ?? ABSENT;
  const tagFor = (kind: 'connection' | 'query', of = id) =>
    which === 'none' ? undefined : which === 'forged' ? FORGED[kind] : world.tagOf(of, kind);
  const http = async (name: string, ask: HttpAsk) => [JSON.stringify(await world.http(name, ask))];
  switch (what) {
    case 'kill-connection':
      return { asked: [id], told: await http(what, { id, tag: tagFor('connection') }) };
    case 'kill-query':
      return { asked: [id], told: await http(what, { id, tag: tagFor('query') }) };
    case 'bulk': {
      const asked = other === undefined ? [...world.ids, ABSENT] : [other];
      const kills = asked.map((one, at) => {
        const kind = at % 2 === whom % 2 ? ('connection' as const) : ('query' as const);
        return { id: one, kind, tag: tagFor(kind, one) };
      });
      return { asked, told: await http('kill-sessions', { body: { kills } }) };
    }
    case 'reap':
    case 'reap-now':
      return { asked: [], told: await http('preview-reap', { body: { reaper: 'idle-app', dryRun: what === 'reap' } }) };
    case 'get':
      return { asked: [id], told: await http('get-session', { id, query: { full: 'true' } }) };
    default: {
      const line = `${what === 'chat-kill' ? 'kill' : 'cancel'} shared ${id}`;
      const question = await world.chat({ do: 'command', line });
      const request = question.buttons[0]?.request;
      const after =
        request === undefined ? [] : [await world.press(press, request, press === 'approve' ? 'boss' : 'ann')];
      return { asked: [id], told: [question, ...after].map((answer) => JSON.stringify(answer)) };
    }
  }
}

/** All that Ann may read besides; what of it may name those that she asked for. */
async function read(world: World) {
  const line = (text: string) => world.chat({ do: 'command', line: text }).then((answer) => JSON.stringify(answer));
  const http = (name: string, ask: HttpAsk = {}) => world.http(name, ask).then((answer) => JSON.stringify(answer));
  const record = [await http('list-audit', { query: { target: 'shared' } }), await line('audit shared')];
  const others = [
    await http('list-blockers'),
    await http('list-sessions', { query: { full: 'true', text: 'canary' } }),
    await http('list-sessions', { query: { blocking: 'true' } }),
    await http('preview-reap', { body: { reaper: 'idle-app' } }),
    ...(await Promise.all(
      world.ids.filter((id) => !world.hiddenIds.includes(id)).map((id) => http('get-session', { id })),
    )),
    await line('blockers shared'),
    await line('sessions shared'),
    await line('reap shared idle-app'),
  ];
  return { record, others };
}

/** What protects a session is a fact of it too. */
const PROTECTION =
  /It is our own connection|It has no user|Its user is the server|configuration protects its user|It serves replication/;

describe('a caller who was refused', () => {
  const RUNS = Number(process.env['STRANGER_CASES'] ?? 300);
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');

  it(`reads no fact of a session that is not theirs, in ${RUNS.toLocaleString('en')} random tries`, async () => {
    const found = { own: 0, refused: 0 };
    const property = fc.asyncProperty(seeds, fc.array(wishes, { minLength: 1, maxLength: 3 }), async (seed, all) => {
      const world = await aWorld(seed);
      const asked = new Set<string>();
      const told: string[] = [];
      for (const wish of all) {
        const done = await wished(world, wish);
        for (const id of done.asked) asked.add(id);
        told.push(...done.told);
      }
      const { record, others } = await read(world);
      for (const text of [...told, ...record, ...others]) {
        expect(text).not.toMatch(/canary|event_scheduler/);
        expect(text).not.toMatch(PROTECTION);
        for (const fact of world.facts) expect(text).not.toContain(fact);
        if (text.includes('own0')) found.own++;
        if (text.includes('refused')) found.refused++;
      }
      // Of what was ended the record tells, and of what was refused it has nothing to tell.
      const refused = world.records().filter(({ outcome }) => outcome === 'refused');
      expect(JSON.stringify(refused)).not.toMatch(/canary|event_scheduler/);
      const ids = (texts: readonly string[]) => world.hiddenIds.filter((id) => texts.some((text) => text.includes(id)));
      expect(ids(others)).toEqual([]);
      // Before, others wrote what the old records ask for.
      expect(ids(told).filter((id) => !asked.has(id))).toEqual([]);
    });
    await fc.assert(property, { numRuns: RUNS });
    // It would prove nothing if Ann were told nothing of her own.
    expect(found.own).toBeGreaterThan(RUNS / 4);
    expect(found.refused).toBeGreaterThan(RUNS / 4);
  }, 3_600_000);

  it('is answered and recorded alike, with the same work, for a session that is hidden and for none', async () => {
    const alike = { ...{ full: false, waits: [] }, gives: 'nothing' } as const;
    const property = fc.asyncProperty(seeds, wishes, async (seed, wish) => {
      const sessions: Seed['sessions'] = [{ whose: 'other', busy: wish.whom % 2 === 0, port: true }];
      const outcome = async (id: string | undefined) => {
        const world = await aWorld({ ...seed, ...alike, sessions });
        const asked = id ?? world.hiddenIds[0] ?? '';
        const { told } = await wished(world, wish, asked);
        const work = [...world.trace];
        const { record } = await read(world);
        const same = (text: string) =>
          text
            .replaceAll(asked, 'ID')
            .replaceAll(/01[0-9A-HJKMNP-TV-Z]{24}|\d{4}-\d\d-\d\dT[\d:.]+Z|\d+ (?:s|min) ago/g, '-');
        // The old record of the hidden one is there in both, under its own ID.
        return { told: told.map(same), work, record: record.map((text) => same(text).replaceAll(/70001|ID/g, 'ID')) };
      };
      expect(await outcome(ABSENT)).toEqual(await outcome(undefined));
    });
    await fc.assert(property, { numRuns: Math.min(RUNS, 2_000) });
  }, 600_000);
});
