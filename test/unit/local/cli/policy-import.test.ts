import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config/config.ts';
import { UsageError } from '../../../../local/cli/help.ts';
import { policyCommand, policyResult, testPolicy } from '../../../../local/cli/policy-commands.ts';
import { importCommand, importPtKill } from '../../../../local/cli/policy-import.ts';
import { COLUMNS, PT_KILL } from '../../../../local/cli/pt-kill-options.ts';
import { readProcesslist } from '../../../../local/cli/read-processlist.ts';

const folder = mkdtempSync(join(tmpdir(), 'warden-import-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fileOf = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

const imported = (...args: string[]) => parseConfig(importPtKill(args), 'imported').reapers[0];
const LIST = `Id\tUser\tHost\tdb\tCommand\tTime\tState\tInfo
11\tapp\t10.0.0.7:1\tshop\tSleep\t700\t\tNULL
12\tapp\t10.0.0.7:2\tshop\tQuery\t700\texecuting\tSELECT 1
`;
const victimsOf = (yaml: string) =>
  policyResult(testPolicy(parseConfig(yaml, 'imported'), readProcesslist(LIST))).victims.map(({ id }) => id);

describe('an imported rule', () => {
  it.each([
    [['--host', 'db1'], 'db1'],
    [['-h', 'db1'], 'db1'],
    [['-hdb1'], 'db1'],
    [['-vhdb1'], 'db1'],
    [['h=db1,u=root'], 'db1'],
    [['db1'], 'db1'],
    [['--host', '*'], 'local'],
    [[], 'local'],
  ])('is for the server of %j, and never for all', (server, target) => {
    expect(imported('--match-user', 'app', '--kill', ...server)?.targets).toEqual([target]);
  });

  it('keeps the interval, no shorter than a minute and no longer than a day', () => {
    expect(imported('--match-all', '--print', '--interval', '600')?.every).toBe(600);
    expect(imported('--match-all', '--print', '--interval', '10')?.every).toBe(60);
    expect(imported('--match-all', '--print', '--interval', '9d')?.every).toBe(86_400);
    expect(imported('--match-all', '--print', '-v')?.every).toBe(60);
    // What pt-kill does where it is not told: half the busy time.
    expect(imported('--busy-time', '10m', '--print')?.every).toBe(300);
  });

  it('enforces what pt-kill would kill, and nothing that it would print', () => {
    expect(imported('--match-all', '--kill')).toMatchObject({ mode: 'enforce', kill: 'connection' });
    expect(imported('--match-all', '--kill-query')).toMatchObject({ mode: 'enforce', kill: 'query' });
    expect(imported('--match-all', '--print')?.mode).toBe('dry-run');
    expect(imported('--match-all', '--execute-command', 'true')?.mode).toBe('dry-run');
  });

  it('takes unique beginnings of options, negated ones and bundles', () => {
    expect(imported('--busy', '60', '--kill-q', '--nostrip', '--no-version', '--vic=all', '-vuroot')).toMatchObject({
      kill: 'query',
      match: { busy: 60 },
      victims: 'all',
    });
  });

  it('has the name that it is given', () => {
    const yaml = importCommand(['--name', 'idle-app', '--', 'pt-kill', '--idle', '10m', '--kill']);
    expect(parseConfig(yaml, 'imported').reapers[0]?.name).toBe('idle-app');
    expect(() => importCommand(['--name', 'Idle App', '--', '--idle', '10m', '--kill'])).toThrow('name');
    expect(() => importCommand(['--strict', 'pt-kill', '--match-all', '--kill', '--query-id'])).toThrow('--query-id');
  });

  it('reads the files that are named, and what comes after them has the last word', () => {
    const one = fileOf('one.conf', '# ours\n\n; too\nbusy-time = 60 # a minute\nvictims=all\nprint\nuser=root\n');
    const two = fileOf('two.conf', 'match-user=^app\nvictims = oldest\n--\nh=db9\n');
    expect(imported('--config', `${one},${two}`)).toMatchObject({
      targets: ['db9'],
      match: { user: ['/^app/'] },
      victims: 'oldest',
    });
    expect(imported(`--config='${one}'`, '--victims', 'all-but-oldest')?.victims).toBe('all-but-oldest');
    expect(() => imported('--config', join(folder, 'none'), '--print')).toThrow('cannot be read');
    expect(() => imported('--print', '--config', one)).toThrow('before all other options');
  });

  it('quotes no value but of patterns: a secret in a command line stays there', () => {
    const yaml = importPtKill(
      '--match-all --kill -pSECRET --password SECRET --log-dsn D=a,t=b,p=SECRET --execute-command SECRET p=SECRET,h=db1'.split(
        ' ',
      ),
    );
    expect(yaml).not.toContain('SECRET');
  });

  it('says in comments what has no counterpart and what is used instead; strict refuses it', () => {
    const args = ['--match-all', '--kill', '--execute-command', 'x', '--wait-before-kill', '5', '--log-dsn', 'D=a,t=b'];
    const yaml = importPtKill(args);
    expect(yaml).toMatch(/^# +--execute-command: .*onEnd: webhook:NAME/m);
    expect(yaml).toMatch(/^# +--wait-before-kill: .*confirm/m);
    expect(yaml).toMatch(/^# +--log-dsn: .*warden audit/m);
    expect(imported(...args)?.mode).toBe('enforce');
    expect(() => importPtKill(args, { strict: true })).toThrow(/--execute-command has no counterpart.*--wait-before/s);
    expect(() => importPtKill(args, { strict: true })).toThrow(UsageError);
  });

  it.each([
    ['a pattern that only Perl has', ['--match-user', '(?=app)app']],
    ['one to spare by', ['--match-all', '--ignore-user', '(?!web)app']],
    ['code', ['--match-all', '--filter', '$event->{User} eq "x"\n: y']],
    ['a column that does not group', ['--match-all', '--group-by', 'time']],
    ['too large a number', ['--match-all', '--query-count', '100001']],
    ['too long a time', ['--busy-time', '400d']],
    ['no busy command', ['--busy-time', '60', '--kill-busy-commands', '']],
  ])('takes no session while it cannot say %s', (_, args) => {
    const yaml = importPtKill(['--kill', '--victims', 'all', ...args]);
    expect(victimsOf(yaml)).toEqual([]);
    expect(yaml).toContain('NOT COMPLETE');
    expect(imported('--kill', ...args)?.mode).toBe('dry-run');
    // So it is that condition alone that holds it back.
    expect(victimsOf(importPtKill(['--kill', '--victims', 'all', '--match-all']))).toHaveLength(2);
  });

  it('groups by fingerprint for equal statements, and does not enforce where a larger class means more ends', () => {
    const by = (...more: string[]) => imported('--match-all', '--kill', '--group-by', 'info', ...more);
    expect(by()).toMatchObject({ groupBy: 'fingerprint', mode: 'enforce' });
    expect(by('--victims', 'all-but-oldest')).toMatchObject({ groupBy: 'fingerprint', mode: 'dry-run' });
    expect(by('--query-count', '5')?.mode).toBe('dry-run');
    expect(() => importPtKill(['--match-all', '--kill', '--group-by', 'info'], { strict: true })).toThrow('Info');
  });
});

const NASTY = [
  'app',
  '^a.*b$',
  '(?=x)',
  "'",
  '"',
  '# x',
  'a: b',
  '\n- x',
  '{',
  '*',
  '&a',
  '!x',
  'é',
  '',
  '/',
  '\\',
  '%',
];
const text = fc.oneof(fc.constantFrom(...NASTY), fc.string());
const time = fc.oneof(fc.constantFrom('0', '60', '5m', '2h', '3d', '400d', '+7'), fc.nat().map(String));
const option: fc.Arbitrary<readonly string[]> = fc
  .constantFrom(...Object.entries(PT_KILL))
  .chain(([name, { takes }]): fc.Arbitrary<readonly string[]> => {
    if (takes === 'flag') return fc.constant([`--${name}`]);
    if (takes === 'no') return fc.constantFrom([`--${name}`], [`--no${name}`], [`--no-${name}`]);
    if (takes === 'time') return time.map((value) => [`--${name}`, value]);
    if (takes === 'count') return fc.integer().map((value) => [`--${name}=${value}`]);
    return text.map((value) => [`--${name}`, value]);
  });
const NO_RULE = ['--stop', '--help', '--version', '--config', '--kill-query', '--any-busy-time', '--victims'];
const COLUMN = fc.constantFrom(...COLUMNS);

it('prints a file that passes the check, whatever is asked', () => {
  fc.assert(
    fc.property(fc.array(option, { maxLength: 12 }), COLUMN, text, (options, column, pattern) => {
      const asked = options.filter(([first = '']) => !NO_RULE.includes(first)).flat();
      const args = [...asked, `--match-${column}`, `x${pattern}`, '--kill'];
      let yaml: string;
      try {
        yaml = importPtKill(args);
      } catch (error) {
        // A value that looks like an option, as pt-kill says too; never a file that cannot be used.
        expect(error).toBeInstanceOf(UsageError);
        expect(String(error)).toMatch(/takes a value/);
        return;
      }
      const { reapers } = parseConfig(yaml, 'imported');
      expect(reapers).toHaveLength(1);
      expect(reapers[0]?.targets.join()).not.toContain('*');
    }),
    { numRuns: 300 },
  );
});

it('prints what the command checks as it is', () => {
  const { text: yaml } = policyCommand(['import', '--', 'pt-kill', '--match-all', '--kill', '--filter', '1']);
  const file = fileOf('warden.yaml', yaml);
  expect(policyCommand(['check', file]).text).toContain('valid');
});

it.each([
  [['--match-all'], 'what to do'],
  [['--print'], 'whom'],
  [['--print', '--busy-time', '0'], 'whom'],
  [['--match-all', '--kill', '--kill-query'], 'exclude each other'],
  [['--match-all', '--print', '--each-busy-time', '1', '--any-busy-time', '1'], 'exclude each other'],
  [['--match-all', '--print', '--victims', 'foo'], 'victims'],
  [['--match-all', '--print', '--query-count', 'abc'], 'whole number'],
  [['--match-all', '--print', '--busy-time', 'abc'], 'seconds'],
  [['--match-all', '--print', '--no-such'], 'no-such'],
  [['--match-all', '--print', '-x'], '-x is no option'],
  [['--match-all', '--print', '--ignore-s', 'x'], '--ignore-self, --ignore-state'],
  [['--match-all', '--print', '--host'], '--host takes a value'],
  [['--match-all', '--print', '--host='], '--host takes a value'],
  [['--match-all', '--host', '--print'], '--print is an option'],
  [['--match-all', '--print=1'], 'takes no value'],
  [['--match-all', '--print', 'h=db1,x=1'], 'DSN'],
  [['--stop'], 'warden stop REASON'],
])('%j is refused, and says why', (args, why) => {
  expect(() => importPtKill(args)).toThrow(UsageError);
  expect(() => importPtKill(args)).toThrow(why);
});
