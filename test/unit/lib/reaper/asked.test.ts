import { expect, it } from 'vitest';
import { wokeUpSince } from '../../../../lib/reaper/asked.ts';
import { aReaper, aSession } from './a-session.ts';

const NOW = 1_000_000_000;
const woke = (match: Record<string, unknown>, over: Parameters<typeof aSession>[0]) =>
  wokeUpSince(aSession(over), aReaper({ match }), NOW - 60_000, NOW);
const transaction = (time: number | null) => ({ transaction: { id: null, state: 'A', time } });
const hidden = { unknown: [{ field: 'transaction', why: 'Hidden.' }] } as const;

it('a session whose transaction is not known may have woken up, for a rule on transactions', () => {
  expect(woke({ inTransaction: true }, transaction(600))).toBe(false);
  expect(woke({ inTransaction: true }, transaction(5))).toBe(true);
  expect(woke({ inTransaction: true }, transaction(null))).toBeUndefined();
  expect(woke({ inTransaction: true }, hidden)).toBeUndefined();
  expect(woke({ not: { inTransaction: true }, idle: '1m' }, hidden)).toBeUndefined();
  expect(woke({ inTransaction: false, idle: '1m' }, { ...hidden, time: 5 })).toBe(true);
  expect(woke({ idle: '1m' }, hidden)).toBe(false);
  expect(woke({ inTransaction: false, idle: '1m' }, {})).toBe(false);
});
