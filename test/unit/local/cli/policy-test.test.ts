import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config/config.ts';
import { policyResult, policyResultText, testPolicy } from '../../../../local/cli/policy-commands.ts';
import { readProcesslist } from '../../../../local/cli/read-processlist.ts';

const HEAD = 'Id\tUser\tHost\tdb\tCommand\tTime\tState\tInfo';
const SLEEPER = '7\tapp\t10.0.0.7:1\tNULL\tSleep\t900\t\tNULL';
const policy = (match: string, more = '') =>
  parseConfig(
    `reapers:\n  - { name: r, targets: ['*'], kill: connection, match: ${match}, victims: all${more} }\n`,
    'test',
  );
const chosen = (match: string, list: string, more = '') => testPolicy(policy(match, more), readProcesslist(list));
const tried = (match: string, list: string, more = '') => policyResult(chosen(match, list, more));
const victims = (match: string, list: string, more = '') => tried(match, list, more).victims.map(({ id }) => id);

describe('a rule on a recorded list', () => {
  const plain = `${HEAD}\n${SLEEPER}\n`;
  const withTransactions = (state: string) => `${HEAD}\tTrx_state\n${SLEEPER}\t${state}\n`;

  it.each([
    '{ inTransaction: false }',
    '{ inTransaction: true }',
    '{ not: { transactionFor: 1h } }',
    '{ memory: 1KB }',
    '{ not: { cpu: 1h } }',
    "{ not: { tenant: 'x' } }",
  ])('decides nothing by a column that the list lacks: %s', (match) => {
    const result = tried(match, plain);
    expect(result.victims).toEqual([]);
    expect(result.undecidable).toContainEqual({
      reaper: 'r',
      field: expect.any(String),
      why: expect.stringContaining('no column'),
    });
    expect(policyResultText(chosen(match, plain))).toMatch(
      /^0 victims.*\nr\tIt asks for .* not known here\. .* The recorded list has no column /,
    );
  });

  it('is certain of a column that the list has', () => {
    expect(victims('{ inTransaction: false }', withTransactions('NULL'))).toEqual(['7']);
    expect(victims('{ inTransaction: true }', withTransactions('NULL'))).toEqual([]);
    expect(victims('{ inTransaction: true }', withTransactions('RUNNING'))).toEqual(['7']);
    expect(victims('{ memory: 1KB }', `${HEAD}\tMemory_used\n${SLEEPER}\t4096\n`)).toEqual(['7']);
    expect(tried('{ inTransaction: true }', withTransactions('NULL')).undecidable).toEqual([]);
    expect(victims('{ not: { db: shop } }', plain)).toEqual(['7']);
    expect(victims('{ idle: 1m }', plain, ', ignore: [{ db: shop }]')).toEqual(['7']);
  });

  it('knows no end of a statement that may have been recorded without FULL', () => {
    const info = (text: string) => `7\tapp\th:1\tshop\tQuery\t900\t\t${text}\n`;
    const hundred = `SELECT '${'x'.repeat(91)}'`;
    const rule = ['{ busy: 1m }', ', ignore: [{ info: "*/* batch */*" }]'] as const;
    expect(victims(rule[0], `${HEAD}\n${info(hundred)}`, rule[1])).toEqual([]);
    expect(victims('{ info: "SELECT *" }', `${HEAD}\n${info(hundred)}`)).toEqual(['7']);
    expect(victims(rule[0], `${HEAD}\n${info(hundred)}${info(`${hundred}, 1`).replace('7', '8')}`, rule[1])).toEqual([
      '8',
      '7',
    ]);
    expect(victims(rule[0], `${HEAD}\n${info('SELECT 1')}`, rule[1])).toEqual(['7']);
  });

  it('knows no text of a statement that runs and shows none', () => {
    const list = `${HEAD}\n7\tapp\th:1\tshop\tQuery\t900\t\tNULL\n`;
    expect(victims('{ busy: 1m }', list)).toEqual(['7']);
    expect(victims('{ busy: 1m, not: { info: x } }', list)).toEqual([]);
    expect(victims('{ busy: 1m }', list, ', ignore: [{ info: x }]')).toEqual([]);
  });
});
