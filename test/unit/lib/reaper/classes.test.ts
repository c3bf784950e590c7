import { describe, expect, it } from 'vitest';
import { classesOf } from '../../../../lib/reaper/classes.ts';
import type { Reaper } from '../../../../lib/reaper/policy-schema.ts';
import { type aSession, factsOn, running } from './a-session.ts';

type Told = Parameters<typeof aSession>[0];

const classes = (groupBy: Reaper['groupBy'], ...sessions: readonly Told[]) =>
  classesOf(
    sessions.map((over) => factsOn(over)),
    [],
    groupBy,
  ).classes.map(({ members }) => members.map(({ session }) => session.id));

describe('sessions in classes', () => {
  it.each([
    ['user', { user: 'a' }, { user: 'b' }, { user: null }, { user: null }],
    ['host', { host: '10.0.0.1:1' }, { host: '10.0.0.2:1' }, { host: null }, { host: null }],
    ['db', { db: 'a' }, { db: 'b' }, { db: null }, { db: null }],
    ['state', { state: 'a' }, { state: 'b' }, { state: null }, { state: null }],
    ['tenant', { tenant: 'a' }, { tenant: 'b' }, { tenant: null }, { tenant: null }],
    ['command', { command: 'a' }, { command: 'b' }, { command: 'c' }, { command: 'c' }],
    [
      'fingerprint',
      { statement: running('SELECT 1') },
      { statement: running('DELETE FROM t') },
      { statement: null },
      { statement: null },
    ],
  ] as const)(
    'by %s are one class for each value, and one for those without',
    (groupBy, first, second, third, fourth) => {
      const members = [
        { ...first, id: '1' },
        { ...second, id: '2' },
        { ...first, id: '3' },
        { ...third, id: '4' },
        { ...fourth, id: '5' },
      ];
      expect(classes(groupBy, ...members)).toEqual([['3', '1'], ['2'], ['5', '4']]);
    },
  );

  it('keep an empty text and none apart', () => {
    for (const column of ['user', 'db', 'state', 'tenant'] as const)
      expect(classes(column, { id: '1', [column]: '' }, { id: '2', [column]: null })).toEqual([['1'], ['2']]);
  });

  it('by fingerprint share one where only the literals differ', () => {
    const statements = ['SELECT 1 FROM t', "SELECT 'x' FROM t", 'SELECT 1 FROM u'].map((text, index) => ({
      id: String(index + 1),
      statement: running(text),
    }));
    expect(classes('fingerprint', ...statements)).toEqual([['2', '1'], ['3']]);
  });

  it('stand there longest in their command first, those of unknown time last', () => {
    const times = [5, null, 900, 0, 30].map((time, index) => ({ id: String(index + 1), time }));
    expect(classes(undefined, ...times)).toEqual([['3', '5', '1', '4', '2']]);
    expect(classes('user', ...times)).toEqual([['3', '5', '1', '4', '2']]);
  });
});
