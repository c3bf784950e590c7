import { describe, expect, it } from 'vitest';
import type { SessionQuery } from '../../../../lib/sessions/match-query.ts';
import { comparePositions, positionOf, toPosition } from '../../../../lib/sessions/match-query.ts';
import type { Session } from '../../../../lib/sessions/session.ts';
import { aSession } from '../reaper/a-session.ts';

const SESSIONS = [
  aSession({ id: '9', time: 30, user: 'b' }),
  aSession({ id: '10', time: null, user: null }),
  aSession({ id: '100', time: 5, user: 'a' }),
  aSession({ id: '99', time: 30, user: 'b' }),
  aSession({ id: '11', time: null, user: null }),
];

describe('the order of a list', () => {
  it.each([
    ['id', ['9', '10', '11', '99', '100']],
    ['-id', ['100', '99', '11', '10', '9']],
    ['time', ['100', '9', '99', '10', '11']],
    ['-time', ['10', '11', '9', '99', '100']],
    ['user', ['100', '9', '99', '10', '11']],
    ['-user', ['10', '11', '9', '99', '100']],
  ] as const)('by %s has unknown values at its high end and goes by ID where the column is the same', (sort, ids) => {
    const compared = (a: Session, b: Session) => comparePositions(positionOf(a, sort), positionOf(b, sort), sort);
    for (const sessions of [SESSIONS, SESSIONS.toReversed()])
      expect(sessions.toSorted(compared).map(({ id }) => id)).toEqual(ids);
  });

  it('has one place for each session, which is none before or after itself', () => {
    const sorts: readonly SessionQuery['sort'][] = ['id', '-id', 'time', '-time', 'user', '-user'];
    for (const sort of sorts)
      for (const session of SESSIONS)
        expect(comparePositions(positionOf(session, sort), positionOf(session, sort), sort)).toBe(0);
  });

  it('by ID minds no other column', () => {
    const ids = (time: number | null) => positionOf(aSession({ time }), 'id');
    expect(ids(1)).toEqual(ids(2));
  });
});

describe('the position of a cursor', () => {
  it.each([
    [null, '42'],
    ['app', '42'],
    [7, '42'],
  ])('is a column and an ID: %j, %j', (...position) => {
    expect(toPosition(position)).toEqual(position);
  });

  it.each([
    [{ 0: 'app', 1: '42', length: 2 }],
    ['42'],
    [undefined],
    [[]],
    [['app']],
    [['app', '42', 1]],
    [['app', 42]],
    [['app', null]],
    [[true, '42']],
    [[{}, '42']],
    [[[], '42']],
  ])('is nothing else: %j', (value) => {
    expect(toPosition(value)).toBeUndefined();
  });
});
