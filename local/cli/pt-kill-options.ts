import { parseArgs } from 'node:util';
import { UsageError } from './help.ts';

/** An option as `parseArgs` takes it. */
interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
}

/** pt-kill's options that make its rule; `string` ones take a value. */
const RULE = {
  'busy-time': 'string',
  'idle-time': 'string',
  'kill-busy-commands': 'string',
  'match-all': 'boolean',
  'replication-threads': 'boolean',
  'query-count': 'string',
  'each-busy-time': 'string',
  'any-busy-time': 'string',
  'group-by': 'string',
  victims: 'string',
  kill: 'boolean',
  'kill-query': 'boolean',
  print: 'boolean',
  interval: 'string',
} as const;

const COLUMNS = ['command', 'db', 'host', 'info', 'state', 'user'] as const;

/** Options without a counterpart, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  'execute-command': 'no command is run on a kill; read the record, or have the run reported to a chat',
  filter: 'no Perl is run; spell the filter as conditions of `match` and `ignore`',
  'run-time': 'a rule runs on its schedule until its `until`',
  'wait-before-kill': 'waiting widens the gap in which the wrong session is ended; `confirm` looks twice',
  'wait-after-kill': 'a rule runs on its schedule',
  'query-id': 'the record holds the masked statement',
  'log-dsn': 'every kill is on record; see GET /audit',
};

/** Options about where and how pt-kill itself runs; they change nothing of its rule. */
const ELSEWHERE: Readonly<Record<string, Option>> = {
  host: { type: 'string', short: 'h' },
  user: { type: 'string', short: 'u' },
  password: { type: 'string', short: 'p' },
  port: { type: 'string', short: 'P' },
  socket: { type: 'string', short: 'S' },
  'defaults-file': { type: 'string', short: 'F' },
  database: { type: 'string', short: 'D' },
  charset: { type: 'string', short: 'A' },
  'set-vars': { type: 'string' },
  config: { type: 'string' },
  log: { type: 'string' },
  pid: { type: 'string' },
  sentinel: { type: 'string' },
  'test-matching': { type: 'string' },
  'slave-user': { type: 'string' },
  'slave-password': { type: 'string' },
  'create-log-table': { type: 'boolean' },
  daemonize: { type: 'boolean' },
  stop: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  json: { type: 'boolean' },
  'json-fields': { type: 'string' },
  rds: { type: 'boolean' },
  'ask-pass': { type: 'boolean' },
  'no-version-check': { type: 'boolean' },
  'version-check': { type: 'boolean' },
  'no-ignore-self': { type: 'boolean' },
  'ignore-self': { type: 'boolean' },
  'no-strip-comments': { type: 'boolean' },
  'strip-comments': { type: 'boolean' },
  mysql_ssl: { type: 'string' },
};

/** A pt-kill command line, read. */
export interface PtKill {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly match: Readonly<Partial<Record<(typeof COLUMNS)[number], string>>>;
  readonly ignore: Readonly<Partial<Record<(typeof COLUMNS)[number], string>>>;
  /** Options that were left out because they are about pt-kill's own connection or process. */
  readonly elsewhere: readonly string[];
  /** The host of a DSN (`h=db1,u=root`), where one was given. */
  readonly dsnHost: string | undefined;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The host that a DSN names. @throws UsageError for anything else that is no option */
function hostOf(positionals: readonly string[]): string | undefined {
  const [dsn, more] = positionals;
  if (dsn === undefined) return undefined;
  if (more !== undefined || !/^\w=/.test(dsn)) throw new UsageError(`${more ?? dsn}: neither an option nor a DSN`);
  return /(?:^|,)h=([^,]+)/.exec(dsn)?.[1];
}

/** Reads the arguments after `pt-kill`. @throws UsageError for an option that has no counterpart, with the reason, or that pt-kill does not have */
export function readPtKill(args: readonly string[]): PtKill {
  const given = args[0]?.endsWith('pt-kill') ? args.slice(1) : args;
  const options: Record<string, Option> = { ...ELSEWHERE };
  for (const [name, type] of Object.entries(RULE)) options[name] = { type };
  for (const column of COLUMNS)
    for (const verb of ['match', 'ignore']) options[`${verb}-${column}`] = { type: 'string' };
  for (const name of Object.keys(WITHOUT)) options[name] = { type: name === 'query-id' ? 'boolean' : 'string' };
  let values: Record<string, string | boolean | undefined>;
  let positionals: readonly string[];
  try {
    const read = parseArgs({ args: [...given], options, allowPositionals: true });
    values = read.values as typeof values;
    positionals = read.positionals;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const dsnHost = hostOf(positionals);
  const without = Object.keys(WITHOUT).filter((name) => values[name] !== undefined);
  if (without.length > 0)
    throw new UsageError(without.map((name) => `--${name} has no counterpart: ${WITHOUT[name]}`).join('\n'));
  const pick = (verb: string) =>
    Object.fromEntries(
      COLUMNS.flatMap((column) => {
        const value = text(values[`${verb}-${column}`]);
        return value === undefined ? [] : [[column, value]];
      }),
    );
  return {
    values,
    match: pick('match'),
    ignore: pick('ignore'),
    elsewhere: Object.keys(ELSEWHERE).filter((name) => values[name] !== undefined),
    dsnHost,
  };
}
