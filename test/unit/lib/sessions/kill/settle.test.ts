import { describe, expect, it } from 'vitest';
import type { StatementRecord } from '../../../../../lib/database/database.ts';
import { AppError } from '../../../../../lib/errors.ts';
import { settle, settleByRecord, settleUntouched } from '../../../../../lib/sessions/kill/settle.ts';
import type { KillKind, Session } from '../../../../../lib/sessions/session.ts';
import { type Script, scriptedDatabase } from '../../../../support/scripted-database.ts';
import { aSession, running } from '../../reaper/a-session.ts';

const busy = (id: string) => aSession({ id, command: 'Query', statement: running('SELECT 1') });
const next = (id: string) =>
  aSession({
    id,
    command: 'Query',
    statement: { ...running('SELECT 2'), text: 'SELECT 2', digest: 'e', id: '2', startedAt: 2 },
  });
const asVictim = (session: Session) => ({ session, compareStatement: true });

/** Settles these victims, and tells for which IDs each look asked. */
async function settled(victims: readonly Session[], kind: KillKind, script: Script, milliseconds = 2_000) {
  const { database } = scriptedDatabase(script);
  const { find } = database;
  const asked: (readonly string[])[] = [];
  database.find = (ids) => {
    asked.push(ids);
    return find(ids);
  };
  return { ends: await settle(database, victims.map(asVictim), kind, milliseconds), asked };
}
const TERMINATED = { outcome: 'terminated', proven: true };
const PENDING = { outcome: 'pending', proven: false };
const CANCELLED = { outcome: 'query-cancelled', proven: false };

describe('a row that the server shows in part', () => {
  const inPart = (id: string) => aSession({ id, command: 'Busy', db: null, readInPart: true });

  it('does not say that a statement has ended', async () => {
    const { ends } = await settled([busy('7')], 'query', {
      looks: [[inPart('7')], [inPart('7')], [aSession({ id: '7' })]],
    });
    expect(ends).toEqual([CANCELLED]);
    expect((await settled([busy('7')], 'query', { looks: [[inPart('7')]] }, 50)).ends).toEqual([PENDING]);
  });

  it('does not say what became of one that no KILL reached', async () => {
    const { database } = scriptedDatabase({ looks: [[inPart('7')]] });
    expect(await settleUntouched(database, [asVictim(busy('7'))], 'query')).toEqual(['unread']);
    expect(await settleUntouched(database, [asVictim(busy('7'))], 'connection')).toEqual(['still-there']);
  });
});

describe('a session that was killed', () => {
  it('is terminated once it, and no other of its ID, is gone', async () => {
    const stranger = aSession({ id: '7', host: 'h:1' });
    const { ends } = await settled([busy('7')], 'connection', {
      looks: [[busy('7')], [busy('7'), stranger], [stranger]],
    });
    expect(ends).toEqual([TERMINATED]);
  });

  it('is looked for among all rows of its ID', async () => {
    const { ends } = await settled(
      [busy('7')],
      'connection',
      { looks: [[aSession({ id: '7', server: 's2' }), busy('7')]] },
      50,
    );
    expect(ends).toEqual([PENDING]);
  });

  it('is asked for no more once it is gone', async () => {
    const { ends, asked } = await settled([busy('7'), busy('8')], 'connection', { looks: [[busy('8')], []] });
    expect(ends).toEqual([TERMINATED, TERMINATED]);
    expect(asked).toEqual([['7', '8'], ['8']]);
  });

  it('is pending, and only that one, where the server stops answering', async () => {
    const lost = new AppError('target-timeout');
    const { ends } = await settled([busy('7'), busy('8')], 'connection', { looks: [[busy('7')], lost] });
    expect(ends).toEqual([PENDING, TERMINATED]);
  });

  it('is looked for less and less often', async () => {
    const { asked } = await settled([busy('7')], 'connection', { looks: [[busy('7')]] }, 1_200);
    expect(asked.length).toBeLessThan(20);
  });
});

describe('a statement that was killed', () => {
  it('is cancelled once it runs no more, by a server that keeps no record', async () => {
    for (const left of [[], [aSession({ id: '7' })], [next('7')]])
      expect((await settled([busy('7')], 'query', { looks: [[busy('7')], left] })).ends).toEqual([CANCELLED]);
    expect((await settled([busy('7')], 'query', { looks: [[busy('7')]] }, 50)).ends).toEqual([PENDING]);
  });

  it('ended as the server’s record says', async () => {
    const { ends } = await settled([busy('7')], 'query', { looks: [[]], records: ['cut-another'] });
    expect(ends).toEqual([{ outcome: 'cut-another', proven: true }]);
  });

  it('is cancelled, though unproven, where the record does not know it in time', async () => {
    const { ends, asked } = await settled([busy('7')], 'query', { looks: [[]], records: ['unknown'] });
    expect(ends).toEqual([CANCELLED]);
    expect(asked.length).toBeGreaterThan(1);
  });

  it('waits for a record that is written a moment later', async () => {
    const { ends } = await settled([busy('7')], 'query', { looks: [[]], records: ['unknown', 'unknown', 'cut'] });
    expect(ends).toEqual([{ outcome: 'query-cancelled', proven: true }]);
  });
});

it.each<[StatementRecord, unknown]>([
  ['cut', { outcome: 'query-cancelled', proven: true }],
  ['ended-after', { outcome: 'query-cancelled', proven: false }],
  ['ended-itself', { outcome: 'already-gone', proven: true }],
  ['cut-another', { outcome: 'cut-another', proven: true }],
  ['cut-later', { outcome: 'cut-another', proven: false }],
  ['unknown', undefined],
])('the record %s means its outcome', async (record, end) => {
  const { database } = scriptedDatabase({ records: [record] });
  expect(await settleByRecord(database, asVictim(busy('7')))).toEqual(end);
});

describe('a victim that no KILL reached', () => {
  it.each([
    ['connection', [], 'already-gone'],
    ['connection', [busy('7')], 'still-there'],
    ['connection', [next('7')], 'changed'],
    ['connection', [aSession({ id: '7', host: 'h:1' })], 'changed'],
    ['query', [], 'already-gone'],
    ['query', [busy('7')], 'still-there'],
    ['query', [next('7')], 'changed'],
    ['query', [aSession({ id: '7' })], 'already-gone'],
    ['query', [{ ...busy('7'), host: 'h:1' }], 'changed'],
    // Somebody else has killed it, and the server is not done with it.
    ['query', [{ ...busy('7'), state: 'QUERY_KILLED' }], 'pending'],
    ['connection', [{ ...aSession({ id: '7' }), lingering: true }], 'pending'],
    ['connection', [{ ...aSession({ id: '7', user: null, host: null }), lingering: true }], 'pending'],
  ] as const)('%s, with %j there now: %s', async (kind, rows, end) => {
    const { database } = scriptedDatabase({});
    database.find = async (ids) => rows.filter(({ id }) => ids.includes(id));
    // How a statement ended that is gone by now, nobody saw.
    const proven = end === 'changed' || (end === 'already-gone' && kind === 'connection');
    const [found] = await settleUntouched(database, [asVictim(busy('7'))], kind);
    expect(found).toEqual(end === 'still-there' ? end : { outcome: end, proven });
  });

  const sleeper = aSession({ id: '8', command: 'Sleep', time: 600, beganAt: 1_000 });
  it.each([
    ['as it was, and older', { time: 601 }, 'still-there'],
    ['as it was, by a clock that rounds', { time: 601, beganAt: 1_002 }, 'still-there'],
    ['without an age', { time: null }, 'still-there'],
    ['in part', { command: 'Busy', readInPart: true }, 'still-there'],
    ['in another command', { command: 'Query' }, 'changed'],
    ['asleep anew', { time: 0 }, 'changed'],
    ['asleep anew for as long', { beganAt: 1_600 }, 'changed'],
  ] as const)('a sleeper of a rule that is there %s: %s', async (_, now, end) => {
    const { database } = scriptedDatabase({});
    database.find = async () => [{ ...sleeper, ...now }];
    const victim = { session: sleeper, compareStatement: false, compareActivity: true, leastTime: 2 };
    const [found] = await settleUntouched(database, [victim], 'connection');
    expect(found).toEqual(end === 'still-there' ? end : { outcome: end, proven: true });
    const [ofWho] = await settleUntouched(database, [{ session: sleeper, compareStatement: false }], 'connection');
    expect(ofWho).toBe('still-there');
  });
});
