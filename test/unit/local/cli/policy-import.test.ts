import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config/config.ts';
import { UsageError } from '../../../../local/cli/help.ts';
import { importPtKill } from '../../../../local/cli/policy-import.ts';

const imported = (...args: string[]) => parseConfig(importPtKill(args), 'imported').reapers[0];

describe('an imported rule', () => {
  it.each([
    [['--host', 'db1'], 'db1'],
    [['-h', 'db1'], 'db1'],
    [['h=db1,u=root'], 'db1'],
    [[], 'local'],
  ])('is for the server of %j, and never for all', (server, target) => {
    expect(imported('--match-user', 'app', '--kill', ...server)?.targets).toEqual([target]);
  });

  it('keeps the interval, and no shorter than a minute', () => {
    expect(imported('--match-all', '--print', '--interval', '600')?.every).toBe(600);
    expect(imported('--match-all', '--print', '--interval', '10')?.every).toBe(60);
    expect(imported('--match-all', '--print', '-v')?.every).toBe(60);
  });

  it('enforces what pt-kill would kill, and nothing that it would print', () => {
    expect(imported('--match-all', '--kill')).toMatchObject({ mode: 'enforce', kill: 'connection' });
    expect(imported('--match-all', '--kill-query')).toMatchObject({ mode: 'enforce', kill: 'query' });
    expect(imported('--match-all', '--print')?.mode).toBe('dry-run');
  });
});

it.each([
  [['--match-all'], 'what to do'],
  [['--print'], 'whom'],
  [['--print', '--busy-time', '0'], 'whom'],
  [['--match-all', '--kill', '--kill-query'], 'exclude each other'],
  [['--match-all', '--print', '--each-busy-time', '1', '--any-busy-time', '1'], 'exclude each other'],
  [['--match-all', '--print', '--victims', 'foo'], 'victims'],
  [['--match-all', '--print', '--query-count', 'abc'], 'count'],
  [['--match-all', '--print', '--filter', 'x'], '--filter has no counterpart'],
  [['--match-all', '--print', '--group-by', 'time'], '--group-by time has no counterpart'],
  [['--match-info', '(?=x)', '--print'], 'RE2'],
  [['--match-all', '--print', 'stray'], 'neither an option nor a DSN'],
  [['--match-all', '--print', '--no-such'], 'no-such'],
])('%j is refused, and says why', (args, why) => {
  expect(() => importPtKill(args)).toThrow(UsageError);
  expect(() => importPtKill(args)).toThrow(why);
});
