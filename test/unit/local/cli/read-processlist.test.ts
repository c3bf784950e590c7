import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toSession } from '../../../../lib/database/read-sessions.ts';
import { choose, compileRule } from '../../../../lib/reaper/choose.ts';
import { readProcesslist } from '../../../../local/cli/read-processlist.ts';
import { aReaper, aSnapshot } from '../../lib/reaper/a-session.ts';

const HEAD = 'Id\tUser\tHost\tdb\tCommand\tTime\tState\tInfo';

describe('a recorded process list', () => {
  it.each([
    ['tab-separated, cut off', `${HEAD}\n1\tapp\th\tdb\tSleep\t9\n`, 'line 2: 6 cells under 8 columns'],
    ['tab-separated, with a cell too many', `${HEAD}\n1\tapp\th\tdb\tSleep\t9\t\tNULL\tx\n`, 'line 2: 9 cells'],
    ['a table, cut off', '+----+------+\n| Id | User |\n+----+------+\n| 1  | ap\n', 'line 4'],
    [
      'vertical, cut off',
      `*** 1. row ***\n${HEAD.split('\t')
        .map((name) => `${name}: 1`)
        .join('\n')}\n*** 2. row ***\nId: 2\n`,
      'line 10',
    ],
    [
      'vertical, its only row cut off',
      '*** 1. row ***\n Id: 1\n User: a\n Command: Sleep\n Time: 62',
      'line 1: there is no column state',
    ],
    ['with an Id that is none', `${HEAD}\n12abc\tapp\th\tdb\tSleep\t9\t\tNULL\n`, 'line 2: the Id'],
    ['with a Time that is none', `${HEAD}\n1\tapp\th\tdb\tSleep\tlong\t\tNULL\n`, 'line 2: the Time'],
    ['without a needed column', 'Id\tUser\n1\tapp\n', 'there is no column'],
    ['of no known form', 'hello', 'neither a table'],
    ['tab-separated, without names', '1\tapp\th\tdb\tSleep\t9\t\tNULL\n', 'line 1: there are no column names'],
    ['a table, without names', '+---+-----+\n| 1 | app |\n+---+-----+\n', 'line 2: there are no column names'],
    ['vertical, without names', '*** 1. row ***\n1\napp\nh\n', 'without -N'],
  ])('%s, is refused with its line', (_title, text, says) => {
    expect(() => readProcesslist(text)).toThrow(says);
  });

  it('keeps a statement of several lines, and NULL apart from an empty text', () => {
    const [row] = readProcesslist(
      '*** 1. row ***\n Id: 1\n User: app\n Command: Query\n Time: NULL\n State: \n db: NULL\n Info: SELECT\n  1\n1 row in set (0.00 sec)\n\n',
    );
    expect(row).toMatchObject({ time: null, state: '', db: null, statement: { text: 'SELECT\n  1' } });
  });
});

describe('the batch form of the client', () => {
  const statementOf = (info: string, more = '') =>
    readProcesslist(`${HEAD}\n1\tapp\th\tdb\tQuery\t9\t\t${info}\n${more}`)[0]?.statement?.text;

  it('is decoded: a statement has its lines, tabs and backslashes', () => {
    expect(statementOf(String.raw`SELECT 1\n,\t'a\\nb' \0`)).toBe("SELECT 1\n,\t'a\\nb' \0");
  });

  it('is left as it is where it holds what only --raw writes', () => {
    expect(statementOf(String.raw`SELECT '\d\n'`)).toBe(String.raw`SELECT '\d\n'`);
    expect(statementOf(String.raw`SELECT '\n'`, String.raw`2	app	h	db	Query	9		SELECT '\d'`)).toBe(
      String.raw`SELECT '\n'`,
    );
  });

  it('comes through whatever a statement holds', () => {
    const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\0': '\\0', '\\': '\\\\' };
    const written = (text: string) => text.replaceAll(/[\n\t\0\\]/g, (one) => escapes[one] ?? one);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'n', 't', '0', '\\', '\n', '\t', '\0', 'é') }), (text) => {
        expect(statementOf(written(`x${text}x`))).toBe(`x${text}x`);
      }),
    );
  });
});

it("takes the columns that Percona's and MariaDB's servers have besides", () => {
  const list = `Id\tUser\tHost\tdb\tCommand\tTime\tState\tInfo\tTime_ms\tRows_sent\tRows_examined\tProgress
5\tapp\th\tNULL\tQuery\t61\tinit\tSELECT 1\t61234\t0\t7\t0.000\n`;
  expect(readProcesslist(list)).toMatchObject([{ id: '5', time: 61, statement: { text: 'SELECT 1' } }]);
});

it.each(['', 'NULL'])('is judged as the same row of a server is, its state %j', (state) => {
  const server = toSession({
    id: '1',
    server: 's',
    user: 'app',
    host: 'h:1',
    db: 'd',
    command: 'Sleep',
    time: 9,
    state: state === 'NULL' ? null : state,
    now: 1,
  });
  const recorded = readProcesslist(`${HEAD}\n1\tapp\th:1\td\tSleep\t9\t${state}\tNULL\n`);
  for (const over of [{ match: { user: 'app' }, ignore: [{ state: '/^$/' }] }, { match: { state: '/^$/' } }]) {
    const victims = (sessions: typeof recorded) =>
      choose(compileRule(aReaper(over)), aSnapshot(sessions)).victims.length;
    expect(victims(server === undefined ? [] : [server])).toBe(victims(recorded));
  }
});
