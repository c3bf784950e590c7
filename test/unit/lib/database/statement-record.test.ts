import { describe, expect, it } from 'vitest';
import { judgeRecord } from '../../../../lib/database/connected-database.ts';

const row = (statementId: string, over: object = {}) => ({ statementId, running: 0, cut: 0, afterKill: 0, ...over });

describe('the record of a statement that was to be cut and ended by itself', () => {
  it('shows that a later one took the KILL, where the server has a clock', () => {
    expect(judgeRecord([row('1'), row('2', { cut: 1 })], '1')).toBe('cut-another');
  });

  it('shows no more than that a later one was cut, where it ended once the KILL had begun', () => {
    expect(judgeRecord([row('1', { afterKill: 1 }), row('2', { cut: 1 })], '1')).toBe('cut-later');
  });

  it('shows no more than that a later one was cut, where it has an order alone', () => {
    const ordered = { afterKill: null };
    expect(judgeRecord([row('1', ordered), row('2', { ...ordered, cut: 1 })], '1')).toBe('cut-later');
  });
});
