import { expect, it } from 'vitest';
import { factsOf, type Snapshot } from '../../../../lib/reaper/facts.ts';
import { aSession, aSnapshot, aWait } from './a-session.ts';

it('locks are joined to sessions, and one unknown time makes the longest unknown', () => {
  const sessions = ['1', '2', '3', '4', '5'].map((id) => aSession({ id }));
  const told = (waits: Snapshot['waits']) =>
    factsOf(aSnapshot(sessions, { waits })).map(({ blocking, blockedFor }) => [blocking, blockedFor]);
  expect(told(null)).toEqual(sessions.map(() => [undefined, undefined]));
  const waits = [aWait('1', '2', 3), aWait('1', '3', 7), aWait('3', '2', null), aWait('3', '5', 9), aWait('4', '3', 0)];
  for (const inAnyOrder of [waits, waits.toReversed()])
    expect(told(inAnyOrder)).toEqual([
      [false, 7],
      [true, 0],
      [true, undefined],
      [false, 0],
      [true, 0],
    ]);
});

it('a session that may hold a lock whose holder is not known is neither one that blocks nor one that does not', () => {
  const sessions = ['1', '2'].map((id) => aSession({ id }));
  const waits = [aWait('1', null, 7, { reason: 'unknown' })];
  expect(factsOf(aSnapshot(sessions, { waits })).map(({ blocking, blockedFor }) => [blocking, blockedFor])).toEqual([
    [false, 7],
    [undefined, 0],
  ]);
});
