import { readFileSync } from 'node:fs';
import { UsageError } from './help.ts';

/** What an option takes: nothing, text, a number, or a time. `no`: nothing, and it can be negated. */
type Takes = 'flag' | 'no' | 'text' | 'count' | 'time';

/** What becomes of an option: it makes the rule; it is about pt-kill's own process; or it has no counterpart. */
type Fate = 'rule' | 'elsewhere' | 'without';

/** An option of pt-kill. */
export interface PtKillOption {
  readonly takes: Takes;
  readonly fate: Fate;
  /** What stands for it here, or why nothing does; for a rule's own options, the field. */
  readonly here: string;
  readonly short?: string;
}

const rule = (takes: Takes, here: string): PtKillOption => ({ takes, fate: 'rule', here });
const elsewhere = (takes: Takes, here: string, short?: string): PtKillOption => ({
  takes,
  fate: 'elsewhere',
  here,
  ...(short !== undefined && { short }),
});
const without = (takes: Takes, here: string): PtKillOption => ({ takes, fate: 'without', here });

const SECRET = "the target's secret says it, or its URL in TARGETS";
const PROCESS = 'warden serve or the deployment runs the schedule';
const LOGS = 'every run and every kill is logged and on record';

/** The columns that a pattern can be given for. */
export const COLUMNS = ['command', 'db', 'host', 'info', 'state', 'user'] as const;
type Column = (typeof COLUMNS)[number];

const patterns = (verb: 'match' | 'ignore'): Record<string, PtKillOption> =>
  Object.fromEntries(COLUMNS.map((column) => [`${verb}-${column}`, rule('text', `${verb}: { ${column}: /regex/ }`)]));

/** Every option of pt-kill 3.2.1. */
export const PT_KILL: Readonly<Record<string, PtKillOption>> = {
  'any-busy-time': rule('time', 'when: { anyBusy }'),
  'ask-pass': elsewhere('flag', SECRET),
  'busy-time': rule('time', 'match: { busy }'),
  charset: elsewhere('text', 'connections use utf8mb4', 'A'),
  config: elsewhere('text', 'its options are read into the rule'),
  'create-log-table': elsewhere('flag', 'the record needs no table of yours'),
  daemonize: elsewhere('flag', PROCESS),
  database: elsewhere('text', SECRET, 'D'),
  'defaults-file': elsewhere('text', SECRET, 'F'),
  'each-busy-time': rule('time', 'when: { eachBusy }'),
  'execute-command': without(
    'text',
    'no command is run. `onEnd: webhook:NAME` sends a signed request with the report of each run that ended something',
  ),
  filter: without('text', 'no Perl is run; write it as conditions of `match` and `ignore`'),
  'group-by': rule('text', 'groupBy'),
  help: elsewhere('flag', 'warden policy --help'),
  host: elsewhere('text', 'the name of the target', 'h'),
  'idle-time': rule('time', 'match: { idle }'),
  ...patterns('ignore'),
  'ignore-self': elsewhere('no', 'our own sessions are protected, always'),
  interval: rule('time', 'every'),
  kill: rule('flag', 'kill: connection, mode: enforce'),
  'kill-busy-commands': rule('text', 'busyCommands'),
  'kill-query': rule('flag', 'kill: query, mode: enforce'),
  log: elsewhere('text', LOGS),
  'log-dsn': without('text', 'every kill is on record, before and after: warden audit, GET /audit'),
  'match-all': rule('flag', "match: { command: '*' }"),
  ...patterns('match'),
  password: elsewhere('text', SECRET, 'p'),
  pid: elsewhere('text', PROCESS),
  port: elsewhere('count', SECRET, 'P'),
  print: rule('flag', 'mode: dry-run'),
  'query-count': rule('count', 'when: { count }'),
  'query-id': without('flag', 'the record holds the masked statement: warden audit'),
  rds: elsewhere('flag', 'RDS is detected, and its routines are called'),
  'replication-threads': rule('flag', 'replication: true'),
  'run-time': without('time', 'a rule runs on its schedule; `until` is its last day'),
  sentinel: elsewhere('text', 'warden stop REASON stops every kill, warden resume ends that'),
  'set-vars': elsewhere('text', 'our sessions set what they need'),
  'slave-password': elsewhere('text', SECRET),
  'slave-user': elsewhere('text', SECRET),
  socket: elsewhere('text', 'connections use TCP', 'S'),
  stop: elsewhere('flag', 'warden stop REASON'),
  'strip-comments': elsewhere('no', 'a statement is matched as it is, comments and all'),
  'test-matching': elsewhere('text', 'warden policy test --policy FILE --processlist FILE'),
  user: elsewhere('text', SECRET, 'u'),
  verbose: elsewhere('flag', LOGS, 'v'),
  version: elsewhere('flag', 'warden --version'),
  'version-check': elsewhere('no', 'nothing is asked of Percona'),
  victims: rule('text', 'victims'),
  'wait-after-kill': without('time', 'a rule runs on its schedule'),
  'wait-before-kill': without(
    'time',
    'waiting widens the gap in which the wrong session is ended; `confirm` looks twice, and each kill is compared',
  ),
};

/** A pt-kill command line, read. */
export interface PtKill {
  /** By full name; a flag is true, or false where it is negated. */
  readonly values: ReadonlyMap<string, string | boolean>;
  /** The host of a DSN (`h=db1,u=root`, or `db1` alone), where one was given. */
  readonly dsnHost: string | undefined;
}

const NAMES = Object.keys(PT_KILL);
const SHORT = new Map(Object.entries(PT_KILL).flatMap(([name, { short }]) => (short ? [[short, name] as const] : [])));

interface Named {
  readonly name: string;
  readonly isNegated: boolean;
}

/** Every way to write a long option in full. */
const SPELLINGS: ReadonlyMap<string, Named> = new Map(
  NAMES.filter((name) => name !== 'config').flatMap((name): [string, Named][] => {
    const plain: [string, Named] = [name, { name, isNegated: false }];
    if (PT_KILL[name]?.takes !== 'no') return [plain];
    return [plain, ...[`no${name}`, `no-${name}`].map((one): [string, Named] => [one, { name, isNegated: true }])];
  }),
);

/** The option that is meant by this or by the beginning of it. @throws UsageError for none, and for one of several */
function namedBy(written: string): Named {
  // A letter is a name of its option, with two hyphens as well.
  const exact = SPELLINGS.get(SHORT.get(written) ?? written);
  if (exact !== undefined) return exact;
  if (written === 'config') throw new UsageError('--config: write it before all other options, as pt-kill asks');
  const meant = [...SPELLINGS].filter(([spelling]) => spelling.startsWith(written));
  const [first] = meant;
  if (first === undefined) throw new UsageError(`--${written} is no option of pt-kill 3.2.1`);
  if (new Set(meant.map(([, { name, isNegated }]) => `${isNegated} ${name}`)).size > 1)
    throw new UsageError(
      `--${written} is short for several: ${meant
        .map(([name]) => `--${name}`)
        .toSorted()
        .join(', ')}`,
    );
  return first[1];
}

const isOption = (text: string): boolean => {
  const name = /^--?([\s\S]+)/.exec(text)?.[1] ?? '';
  return Object.hasOwn(PT_KILL, name) || SHORT.has(name);
};

/** What pt-kill takes as a value. @throws UsageError where it would refuse it */
function checked(name: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`--${name} takes a value`);
  const { takes } = PT_KILL[name] ?? { takes: 'flag' };
  if (takes === 'count' && !/^[-+]?\d+$/.test(value)) throw new UsageError(`--${name}: write a whole number`);
  if (takes === 'time' && !/^\+?\d+[smhd]?$/.test(value))
    throw new UsageError(`--${name}: write a number of seconds, or with s, m, h or d`);
  if (takes === 'text' && isOption(value)) throw new UsageError(`--${name} takes a value, and ${value} is an option`);
  return value;
}

/** Reads options as Getopt::Long does for pt-kill: unique beginnings, short ones in a bundle, DSNs in between. */
function readOptions(args: readonly string[]) {
  const values = new Map<string, string | boolean>();
  const rest: string[] = [];
  const left = [...args];
  const takeLong = (word: string): void => {
    const [, written = '', given] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const { name, isNegated } = namedBy(written);
    const takes = PT_KILL[name]?.takes;
    const isFlag = takes === 'flag' || takes === 'no';
    if (isFlag && given !== undefined) throw new UsageError(`--${name} takes no value`);
    values.set(name, isFlag ? !isNegated : checked(name, given === undefined ? left.shift() : given || undefined));
  };
  const takeShort = (word: string): void => {
    for (let at = 1; at < word.length; at++) {
      const name = SHORT.get(word.charAt(at));
      if (name === undefined) throw new UsageError(`-${word.charAt(at)} is no option of pt-kill 3.2.1`);
      if (PT_KILL[name]?.takes === 'flag') {
        values.set(name, true);
        continue;
      }
      values.set(name, checked(name, word.slice(at + 1) || left.shift()));
      return;
    }
  };
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--') return { values, rest: [...rest, ...left] };
    if (word.startsWith('--')) takeLong(word);
    else if (word.startsWith('-') && word.length > 1) takeShort(word);
    else rest.push(word);
  }
  return { values, rest };
}

/** The words of a file of options: one a line, `name=value`, comments; after a line `--` the words as they are. */
function readOptionFile(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`--config: ${file} cannot be read`);
  }
  const words: string[] = [];
  let isOver = false;
  for (const raw of text.split('\n')) {
    if (/^\s*(?:[#;]|$)/.test(raw)) continue;
    const line = raw.replace(/\s+#.*$/, '').trim();
    const [, name, value] = (isOver ? null : /^([^=\s]+?)(?:\s*=\s*(.*?)\s*)?$/.exec(line)) ?? [];
    if (line === '--') isOver = true;
    else if (name === undefined) words.push(line);
    else words.push(`--${name}`, ...(value === undefined ? [] : [value]));
  }
  return words;
}

/** Takes `--config FILE,FILE` from the front, and puts what the files say before the rest, which so has the last word. */
function withFiles(args: readonly string[]): { readonly words: readonly string[]; readonly hasFiles: boolean } {
  const [first = '', second, ...rest] = args;
  const quoted = /^--config=(['"]?)(.*)\1$/s.exec(first)?.[2];
  if (quoted === undefined && first !== '--config') return { words: args, hasFiles: false };
  const files = quoted ?? second;
  if (!files) throw new UsageError('--config takes a file, or several with commas between them');
  return {
    words: [...files.split(',').flatMap(readOptionFile), ...(quoted === undefined ? rest : args.slice(1))],
    hasFiles: true,
  };
}

const DSN_KEYS = 'ADFPShptu';

/** The host that a DSN names. @throws UsageError for what pt-kill would refuse */
function hostOf([dsn]: readonly string[]): string | undefined {
  if (!dsn) return undefined;
  const parts = dsn.split(',').map((part) => /^(\w)=(.*)$/s.exec(part));
  // A word that is no `key=value` is the host.
  if (!dsn.includes('=')) return dsn;
  if (parts.some((part) => part === null || !DSN_KEYS.includes(part[1] ?? '')))
    throw new UsageError(`a DSN is written h=HOST,u=USER,…, with the keys ${[...DSN_KEYS].join(', ')}`);
  return parts.find((part) => part?.[1] === 'h')?.[2];
}

/**
 * Reads the arguments after `pt-kill`, as pt-kill 3.2.1 reads them. Its default files are read where they are named only.
 *
 * @throws UsageError for what pt-kill would refuse, and for a file that cannot be read
 */
export function readPtKill(args: readonly string[]): PtKill {
  const given = args[0]?.split('/').at(-1) === 'pt-kill' ? args.slice(1) : args;
  const { words, hasFiles } = withFiles(given);
  const { values, rest } = readOptions(words);
  if (hasFiles) values.set('config', true);
  return { values, dsnHost: hostOf(rest) };
}

/** The patterns of one kind by their columns. */
export const patternsOf = ({ values }: PtKill, verb: 'match' | 'ignore'): ReadonlyMap<Column, string> =>
  new Map(
    COLUMNS.flatMap((column): [Column, string][] => {
      const value = values.get(`${verb}-${column}`);
      return typeof value === 'string' ? [[column, value]] : [];
    }),
  );
