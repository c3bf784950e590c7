import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ASKED } from '../../../../lib/reaper/asked.ts';
import { choose, compileRule, type Rule } from '../../../../lib/reaper/choose.ts';
import type { Snapshot } from '../../../../lib/reaper/facts.ts';
import type { Session, Statement, UnknownName } from '../../../../lib/sessions/session.ts';
import { aReaper, aSession, aSnapshot, aWait } from './a-session.ts';

// Whom a rule takes from a list with holes it must take from every list that the holes may stand for.

const saying = (text: string | null): Statement => ({ text, digest: text, id: null, startedAt: null });
const TEXTS = ['SELECT 1 FROM a', 'SELECT 1 FROM b'];
const BEGINNING: Statement = { ...saying('SELECT 1 F...'), textIsCut: true };
const transaction = (time: number | null) => ({ id: null, state: 'ACTIVE', time });

type Fields = Partial<Omit<Session, 'id'>>;
type Hole = (typeof ASKED)[keyof typeof ASKED][number] | 'name' | 'cut';

const some =
  (...all: readonly Fields[]) =>
  (): readonly Fields[] =>
    all;
const over = <Key extends keyof Fields>(key: Key, ...values: readonly Fields[Key][]) =>
  some(...values.map((value) => ({ [key]: value })));

/** What a server shows of a field that it keeps to itself, and all that the session may be behind that. */
const HOLES: Readonly<
  Record<
    Hole,
    { readonly shown: Fields; readonly field?: UnknownName; readonly may: (session: Session) => readonly Fields[] }
  >
> = {
  user: { shown: { user: null }, field: 'user', may: over('user', 'app', 'web', null) },
  host: { shown: { host: null }, field: 'host', may: over('host', '10.0.0.7:1', '10.1.0.7:1', null) },
  name: { shown: { host: 'web:1' }, may: over('host', '10.0.0.7:1', '10.1.0.7:1') },
  db: { shown: { db: null }, field: 'db', may: over('db', 'shop', '', null) },
  state: { shown: { state: null }, field: 'state', may: over('state', 'a', '', null) },
  tenant: { shown: { tenant: null }, field: 'tenant', may: over('tenant', 't', 'u', null) },
  time: { shown: { time: null }, field: 'time', may: over('time', 0, 60, 600) },
  memory: { shown: { memory: null }, field: 'memory', may: over('memory', 1e6, 1e9) },
  cpu: { shown: { cpu: null }, field: 'cpu', may: over('cpu', 0, 600) },
  statement: { shown: { statement: null }, field: 'statement', may: over('statement', null, ...TEXTS.map(saying)) },
  text: {
    shown: { statement: saying(null) },
    field: 'text',
    may: ({ command }) =>
      command === 'Sleep' ? [{ statement: null }] : TEXTS.map((text) => ({ statement: saying(text) })),
  },
  cut: { shown: { statement: BEGINNING }, may: over('statement', ...TEXTS.map(saying)) },
  transaction: {
    shown: { transaction: null },
    field: 'transaction',
    may: over('transaction', null, transaction(0), transaction(600)),
  },
  transactionTime: {
    shown: { transaction: transaction(null) },
    field: 'transactionTime',
    may: over('transaction', transaction(0), transaction(600)),
  },
};

function show(session: Session, holes: readonly Hole[]): Session {
  const hidden = holes.map((hole) => HOLES[hole]);
  const unknown = hidden.flatMap(({ field }) => (field === undefined ? [] : [{ field, why: 'Hidden.' }]));
  return Object.assign({}, session, ...hidden.map(({ shown }) => shown), { unknown });
}

/** Every session that one with these holes may be. */
const behind = (session: Session, holes: readonly Hole[]): readonly Session[] =>
  holes.reduce<readonly Session[]>(
    (all, hole) => all.flatMap((one) => HOLES[hole].may(one).map((fields) => ({ ...one, ...fields }))),
    [session],
  );

const listsBehind = (all: readonly (readonly Session[])[]): readonly (readonly Session[])[] =>
  all.reduce<readonly (readonly Session[])[]>(
    (lists, sessions) => lists.flatMap((list) => sessions.map((session) => [...list, session])),
    [[]],
  );

const asleep = fc.constant({ command: 'Sleep', statement: null });
const running = fc.constantFrom(...TEXTS).map((text) => ({ command: 'Query', statement: saying(text) }));
const session = fc
  .tuple(
    fc.record({
      user: fc.constantFrom('app', 'web'),
      host: fc.constantFrom('10.0.0.7:1', '10.1.0.7:1'),
      db: fc.constantFrom('shop', '', null),
      state: fc.constantFrom('a', '', null),
      tenant: fc.constantFrom('t', null),
      time: fc.constantFrom(0, 60, 600),
      memory: fc.constantFrom(1e6, 1e9),
      cpu: fc.constantFrom(0, 600),
      transaction: fc.constantFrom(null, transaction(0), transaction(600)),
    }),
    fc.oneof(asleep, running),
  )
  .map(([fields, does]): Fields => ({ ...fields, ...does }));

const limit = fc.constantFrom('0s', '60s', '10m');
const { condition } = fc.letrec((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.oneof(
      fc.record({ user: fc.constantFrom('app', 'w*') }),
      fc.record({ host: fc.constantFrom('10.0.0.0/16', '10.0.0.7', '10.1.*') }),
      fc.record({ db: fc.constantFrom('shop', '*', '/^$/') }),
      fc.record({ state: fc.constantFrom('a', '*', '/^$/') }),
      fc.record({ tenant: fc.constantFrom('t', '*') }),
      fc.record({ command: fc.constantFrom('Sleep', 'Query') }),
      fc.record({ info: fc.constantFrom('SELECT*', '*a', '/SELECT 1/', '/FROM/', '/F$/', 'INSERT*') }),
      fc.record({ idle: limit }),
      fc.record({ busy: limit }),
      fc.record({ time: limit }),
      fc.record({ inTransaction: fc.boolean() }),
      fc.record({ transactionFor: limit }),
      fc.record({ blocking: fc.boolean() }),
      fc.record({ blockedFor: limit }),
      fc.record({ memory: fc.constantFrom('100MB', '1KB') }),
      fc.record({ cpu: limit }),
    ),
    fc.record({ not: tie('condition') }),
    fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => ({ ...(a as object), ...(b as object) })),
  ),
}));
const rule = fc
  .record(
    {
      match: condition,
      ignore: fc.array(condition, { maxLength: 2 }),
      groupBy: fc.constantFrom('user', 'host', 'db', 'state', 'tenant', 'fingerprint'),
      victims: fc.constantFrom('all', 'oldest', 'all-but-oldest'),
      when: fc.record({ count: fc.constantFrom(1, 2), eachBusy: limit, anyBusy: limit }, { requiredKeys: [] }),
    },
    { requiredKeys: ['match', 'victims'] },
  )
  .map((over) => compileRule(aReaper(over)));

const holes = fc.uniqueArray(fc.constantFrom(...(Object.keys(HOLES) as Hole[])), { maxLength: 2 });
const WAITS = [[], [aWait('1', '2', 600)], [aWait('2', '1', null), aWait('2', '3', 0)]];
/** Up to three sessions, of which a server hides up to two fields each, and all or no locks. */
const looks = fc.tuple(
  fc.array(fc.tuple(session, holes), { minLength: 1, maxLength: 3 }),
  fc.constantFrom(null, ...WAITS),
);

const victimsOf = (of: Rule, sessions: readonly Session[], waits: Snapshot['waits']): readonly string[] =>
  choose(of, aSnapshot(sessions, { waits })).victims.map(({ session: { id } }) => id);

it('a rule takes from what a server shows in part only whom it takes whatever the rest is', () => {
  let taken = 0;
  fc.assert(
    fc.property(rule, looks, (of, [sessions, waits]) => {
      // A class is what the server shows: by a name as well as by an address.
      fc.pre(of.reaper.groupBy !== 'host' || sessions.every(([, hidden]) => !hidden.includes('name')));
      const real = sessions.map(([fields, hidden], at) => ({
        session: aSession({ ...fields, id: String(at + 1) }),
        hidden,
      }));
      const shown = victimsOf(
        of,
        real.map(({ session: one, hidden }) => show(one, hidden)),
        waits,
      );
      if (shown.length === 0) return;
      taken++;
      for (const list of listsBehind(real.map(({ session: one, hidden }) => behind(one, hidden))))
        for (const locks of waits === null ? WAITS : [waits])
          expect(victimsOf(of, list, locks)).toEqual(expect.arrayContaining([...shown]));
    }),
    { numRuns: 5_000 },
  );
  expect(taken).toBeGreaterThan(100);
});

it('a rule decides on every session of which all is known', () => {
  fc.assert(
    fc.property(
      rule,
      fc.array(session, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...WAITS),
      (of, all, waits) => {
        const known = waits.every(({ seconds }) => seconds !== null);
        const sessions = all.map((fields, at) => aSession({ ...fields, id: String(at + 1) }));
        const { spared, undecidable } = choose(of, aSnapshot(sessions, { waits }));
        expect(undecidable).toEqual([]);
        if (known) expect(spared.filter(({ reason }) => /not known|nobody knows/.test(reason))).toEqual([]);
      },
    ),
    { numRuns: 1_000 },
  );
});

it('a field that is hidden everywhere is told as one that the rule can decide nothing by', () => {
  fc.assert(
    fc.property(fc.array(session, { minLength: 1, maxLength: 3 }), (all) => {
      const sessions = all.map((fields, at) =>
        show(aSession({ ...fields, id: String(at + 1) }), ['transaction', 'db']),
      );
      const fieldsOf = (over: Record<string, unknown>) =>
        choose(compileRule(aReaper(over)), aSnapshot(sessions)).undecidable.map(({ field }) => field);
      expect(fieldsOf({ match: { user: 'app' } })).toEqual([]);
      expect(fieldsOf({ match: { any: [{ not: { inTransaction: true } }] } })).toEqual(['transaction']);
      expect(fieldsOf({ ignore: [{ transactionFor: '1m' }, { blocking: true }] })).toEqual(['transaction', 'locks']);
      expect(fieldsOf({ groupBy: 'db' })).toEqual(['db']);
    }),
    { numRuns: 20 },
  );
});
