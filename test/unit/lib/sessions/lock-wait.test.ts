import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockingOf, type LockWait, ROW_LOCK } from '../../../../lib/sessions/lock-wait.ts';
import type { Session } from '../../../../lib/sessions/session.ts';
import { aSession, aWait } from '../reaper/a-session.ts';

const reason = 'Nobody knows.';
const told = (waits: readonly LockWait[], over: Partial<Omit<Session, 'id'>> = {}) =>
  ['1', '2', '3'].map((id) => blockingOf(waits)(aSession({ ...over, id })));

describe('whether a session holds up others', () => {
  it('is known of everybody where the holder is', () => {
    expect(told([aWait('1', '2', 5)])).toEqual([false, true, false]);
    expect(told([])).toEqual([false, false, false]);
  });

  it('is known of no one but the waiter where the holder is not known, or only likely', () => {
    expect(told([aWait('1', null, 5, { reason })])).toEqual([false, undefined, undefined]);
    expect(told([aWait('1', '2', 5, { reason, likely: true })])).toEqual([false, undefined, undefined]);
    expect(told([aWait('1', '2', 5), aWait('3', null, 5, { reason })])).toEqual([undefined, true, false]);
  });

  it('is known where a transaction without a session holds the lock', () => {
    expect(told([aWait('1', null, 5, { reason, xa: ["'x'"] })])).toEqual([false, false, false]);
  });

  it('is known of a session without a transaction, where a row is what is waited for', () => {
    const waits = [aWait('1', null, 5, { reason, lock: ROW_LOCK })];
    expect(told(waits)).toEqual([false, false, false]);
    expect(told(waits, { unknown: [{ field: 'transaction', why: reason }] })).toEqual([false, undefined, undefined]);
    expect(told(waits, { transaction: { id: null, state: 'RUNNING', time: 1 } })).toEqual([
      false,
      undefined,
      undefined,
    ]);
  });

  it('is never denied of one that may hold a lock that another waits for', () => {
    const anId = fc.constantFrom('1', '2', '3');
    const aLockWait = fc.tuple(anId, fc.option(anId), fc.boolean()).filter(([a, b]) => a !== b);
    fc.assert(
      fc.property(fc.array(aLockWait, { maxLength: 6 }), (rows) => {
        const waits = rows.map(([waiter, blocker, likely]) =>
          aWait(waiter, blocker, 1, { ...((likely || blocker === null) && { reason }), ...(likely && { likely }) }),
        );
        for (const [at, blocking] of told(waits).entries()) {
          const id = String(at + 1);
          const explained = new Set(
            waits.filter((one) => one.blocker !== null && !one.likely).map((one) => one.waiter),
          );
          const mayHold = waits.some((one) => one.waiter !== id && !explained.has(one.waiter));
          const named = waits.filter((one) => one.blocker === id);
          if (named.length > 0 || mayHold) expect(blocking).not.toBe(false);
          if (blocking === true) expect(named.some((one) => !one.likely)).toBe(true);
        }
      }),
    );
  });
});
