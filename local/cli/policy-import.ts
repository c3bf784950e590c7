import { parseArgs } from 'node:util';
import { Document, isNode } from 'yaml';
import { parseConfig } from '../../lib/config/config.ts';
import { AppError } from '../../lib/errors.ts';
import { compilePattern } from '../../lib/reaper/pattern.ts';
import { durationSeconds } from '../../lib/reaper/units.ts';
import { UsageError } from './help.ts';
import { PT_KILL, type PtKill, patternsOf, readPtKill } from './pt-kill-options.ts';

type Fields = Record<string, unknown>;

/** How a rule here differs from what the command line says. */
interface Note {
  /** The option, as a person would look for it; none for what is so of every rule. */
  readonly option?: string;
  readonly text: string;
  /** The option has no counterpart: `--strict` refuses it. */
  readonly isMissing?: boolean;
}

const YEAR = 31_536_000;
const DAY = 86_400;
const MOST = 100_000;
/** What a comment shows of somebody's pattern or code: on one line. */
const quoted = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);

/** Notes on the way, and whether the rule is whole. */
class Notes {
  readonly all: Note[] = [];
  /** Why the rule would take more sessions than the command line did, if it took any. */
  readonly wider: string[] = [];
  /** The rule is to be looked at before it ends anything. */
  isDoubtful = false;
  add(option: string | undefined, text: string, isMissing = false): void {
    this.all.push({ ...(option !== undefined && { option }), text, isMissing });
  }
  /** Something that narrows the rule could not be written: until a person has, the rule is for nobody. */
  spare(option: string, text: string, isMissing = true): void {
    this.add(option, text, isMissing);
    this.wider.push(option);
  }
}

/** pt-kill is written in Perl, where a limit of 0 is no limit given. */
function secondsOf({ values }: PtKill, name: string): number | undefined {
  const value = values.get(name);
  if (typeof value !== 'string') return undefined;
  const digits = value.replace('+', '').replace(/\d$/, '$&s');
  const seconds = durationSeconds(digits);
  return seconds === undefined ? Number.POSITIVE_INFINITY : seconds || undefined;
}

/** As people write it. */
function written(seconds: number): string {
  if (seconds % DAY === 0) return `${seconds / DAY}d`;
  if (seconds % 3_600 === 0) return `${seconds / 3_600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** A limit of the rule, no longer than a rule may say. */
function limitOf(read: PtKill, name: string, notes: Notes): string | undefined {
  const seconds = secondsOf(read, name);
  if (seconds === undefined) return undefined;
  if (seconds > YEAR) notes.spare(name, 'a rule says at most 365d; no session is known to be that old');
  return written(Math.min(seconds, YEAR));
}

/** Perl patterns as ours: both find anywhere in the text. */
function columnsOf(read: PtKill, verb: 'match' | 'ignore', notes: Notes): Fields {
  const given = new Map([...(verb === 'ignore' ? [['state', 'Locked'] as const] : []), ...patternsOf(read, verb)]);
  const fields: Fields = {};
  for (const [column, pattern] of given) {
    const regex = `/${pattern}/`;
    try {
      if (pattern === '') throw new Error('it is empty');
      compilePattern(regex);
      fields[column] = regex;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      notes.spare(`${verb}-${column}`, `${quoted(pattern)} is not a pattern of RE2 (${why.replaceAll(/\s+/g, ' ')})`);
    }
  }
  return fields;
}

const GROUPS = ['user', 'host', 'db', 'command', 'state', 'fingerprint'];

function groupOf({ values }: PtKill, notes: Notes, isWiderInLargerClasses: boolean): string | undefined {
  const value = values.get('group-by');
  const group = typeof value === 'string' ? value.toLowerCase() : undefined;
  if (group === undefined || GROUPS.includes(group)) {
    if (group === 'host')
      notes.add(
        'group-by',
        'pt-kill groups by address and port, so each session was a class of its own; here the port does not count',
      );
    return group;
  }
  if (group !== 'info') {
    notes.spare('group-by', `${quoted(group)} is no column to group by here: ${GROUPS.join(', ')}`);
    return undefined;
  }
  notes.add(
    'group-by',
    'pt-kill makes a class of equal statements (Info); `fingerprint` makes one of those that differ in their literals alone, so a class may be larger here',
    true,
  );
  if (isWiderInLargerClasses) notes.isDoubtful = true;
  return 'fingerprint';
}

/** The classes of the rule, and what must be true of one. */
function classesOf(read: PtKill, victims: string, notes: Notes): Fields {
  const each = limitOf(read, 'each-busy-time', notes);
  const any = each === undefined ? limitOf(read, 'any-busy-time', notes) : undefined;
  const wanted = Number(read.values.get('query-count') ?? 0);
  if (wanted > MOST) notes.spare('query-count', `a rule says at most ${MOST}`);
  const when = {
    ...(wanted > 0 && { count: Math.min(wanted, MOST) }),
    ...(each !== undefined && { eachBusy: each }),
    ...(any !== undefined && { anyBusy: any }),
  };
  const grows = victims === 'all-but-oldest' || wanted > 1 || any !== undefined;
  const groupBy = groupOf(read, notes, grows);
  return { ...(groupBy !== undefined && { groupBy }), ...(Object.keys(when).length > 0 && { when }) };
}

/** The commands that --busy-time is about. */
function busyCommandsOf({ values }: PtKill, notes: Notes): readonly string[] {
  const value = values.get('kill-busy-commands');
  const commands = String(value ?? 'Query')
    .split(',')
    .flatMap((command) => command.trim() || []);
  if (commands.length > 0) return commands;
  notes.spare('kill-busy-commands', 'it names no command', false);
  return ['Query'];
}

/** Whom the rule is for and whom it spares. @throws UsageError for a command line that is for nobody */
function whomOf(read: PtKill, busyCommands: readonly string[], notes: Notes): { match: unknown; ignore: Fields[] } {
  const busy = limitOf(read, 'busy-time', notes);
  const idle = limitOf(read, 'idle-time', notes);
  const matched = columnsOf(read, 'match', notes);
  const hasMatch = patternsOf(read, 'match').size > 0;
  const isAll = read.values.get('match-all') === true;
  const hits = [...(busy === undefined ? [] : [{ busy }]), ...(idle === undefined ? [] : [{ idle }])];
  if (!isAll && !hasMatch && hits.length === 0)
    throw new UsageError('name whom: --match-…, --busy-time, --idle-time, or --match-all for everybody');
  const ignore: Fields[] = Object.entries(columnsOf(read, 'ignore', notes)).map(([column, one]) => ({ [column]: one }));
  if (isAll || hasMatch) {
    // These spare the sessions that the times hold back; a condition of `match` would also keep out all other commands.
    const others = 'those in other commands are taken by the other conditions, as pt-kill takes them';
    if (busy !== undefined) {
      ignore.push({ command: busyCommands, not: { busy } });
      notes.add('busy-time', `holds back only sessions in ${busyCommands.map(quoted).join(', ')}; ${others}`);
    }
    if (idle !== undefined) {
      ignore.push({ command: 'Sleep', not: { idle } });
      notes.add('idle-time', `holds back only sleepers; ${others}`);
    }
    return { match: Object.keys(matched).length > 0 ? matched : { command: '*' }, ignore };
  }
  return { match: hits.length === 1 ? hits[0] : { any: hits }, ignore };
}

/** The schedule of the rule: pt-kill's own interval, as far as a schedule can keep it. */
function everyOf(read: PtKill, notes: Notes): string {
  const given = read.values.has('interval') ? (secondsOf(read, 'interval') ?? 0) : undefined;
  const busy = secondsOf(read, 'busy-time');
  const seconds = Math.ceil(given ?? (busy === undefined ? 30 : busy / 2));
  if (seconds < 60) notes.add('interval', `pt-kill looks every ${seconds} s; a schedule looks once a minute at most`);
  if (seconds > DAY) notes.add('interval', 'a schedule looks once a day at least');
  return written(Math.min(Math.max(seconds, 60), DAY));
}

/** The target of the rule: never a pattern, since a rule for one server is none for a fleet. */
function targetOf({ values, dsnHost }: PtKill, notes: Notes): string {
  const host = dsnHost ?? values.get('host');
  const target = typeof host !== 'string' || host === '' || host.includes('*') ? 'local' : host;
  notes.add(
    undefined,
    `Put the name of the target that stands for this server in place of ${quoted(target)}, if it has another.`,
  );
  return target;
}

/** Options about pt-kill itself, and those without a counterpart. */
function noteOthers({ values }: PtKill, notes: Notes): void {
  for (const name of values.keys()) {
    const { fate, here = '' } = PT_KILL[name] ?? {};
    if (fate === 'elsewhere') notes.add(name, here);
    if (fate !== 'without') continue;
    const value = values.get(name);
    if (name === 'filter') notes.spare(name, `${here}: ${quoted(String(value))}`);
    else notes.add(name, here, true);
  }
}

/** @throws UsageError for a command line that pt-kill itself would refuse, and for one that makes no rule */
function refuseNoRule({ values }: PtKill): void {
  const has = (name: string): boolean => values.get(name) === true || typeof values.get(name) === 'string';
  for (const name of ['stop', 'help', 'version'])
    if (has(name)) throw new UsageError(`--${name} makes no rule. Here: ${PT_KILL[name]?.here}`);
  for (const [one, other] of [
    ['kill', 'kill-query'],
    ['each-busy-time', 'any-busy-time'],
  ] as const)
    if (has(one) && has(other)) throw new UsageError(`--${one} and --${other} exclude each other`);
  if (!['kill', 'kill-query', 'print', 'execute-command'].some(has))
    throw new UsageError('name what to do: --kill, --kill-query, --print or --execute-command');
  const victims = values.get('victims');
  if (typeof victims === 'string' && !['oldest', 'all', 'all-but-oldest'].includes(victims.toLowerCase()))
    throw new UsageError('--victims: write oldest, all or all-but-oldest');
}

const commentLines = (notes: Notes, isEnforced: boolean): string => {
  const named = ({ option, text }: Note) => `   ${option === undefined ? '' : `--${option}: `}${text}`;
  const part = (title: string, some: readonly Note[]) =>
    some.length === 0 ? [] : ['', ` ${title}`, ...some.map(named)];
  const missing = notes.all.filter(({ isMissing }) => isMissing);
  const others = notes.all.filter(({ isMissing }) => !isMissing);
  return [
    ' Imported from a pt-kill command line.',
    ...(notes.wider.length === 0
      ? []
      : [
          ` NOT COMPLETE: it is for nobody until ${notes.wider.map((option) => `--${option}`).join(', ')} is written as a condition.`,
        ]),
    ...(isEnforced ? [] : [' It ends nothing before you write `mode: enforce`; look at what it would end first.']),
    ...part('Without a counterpart:', missing),
    ...part('Differs, or is written elsewhere:', others),
    '',
    ' The schedule needs no access rule. People do; for one group, say:',
    ' access:',
    '   - who: { group: dba }',
    "     targets: ['*']",
    '     privileges: [PROCESS, SUPER]',
  ].join('\n');
};

/** What `warden policy import` is told besides pt-kill's own words. */
export interface ImportOptions {
  /** The name of the rule. */
  readonly name?: string;
  /** Refuses a command line of which something has no counterpart. */
  readonly strict?: boolean;
}

/**
 * Writes a pt-kill command line as warden.yaml, with the same meaning. What it does not say, pt-kill's defaults say. What
 * has no counterpart stands in comments; where that would make the rule take more sessions, it takes none before a person
 * has mended it.
 *
 * @throws UsageError for a command line that pt-kill itself would refuse, for one that makes no rule, and with `strict` for
 * what has no counterpart, with the reason
 */
export function importPtKill(
  args: readonly string[],
  { name = 'imported', strict = false }: ImportOptions = {},
): string {
  const read = readPtKill(args);
  refuseNoRule(read);
  const { values } = read;
  const notes = new Notes();
  const target = targetOf(read, notes);
  const victims = String(values.get('victims') ?? 'oldest').toLowerCase();
  const busyCommands = busyCommandsOf(read, notes);
  const { match, ignore } = whomOf(read, busyCommands, notes);
  const classes = classesOf(read, victims, notes);
  const every = everyOf(read, notes);
  noteOthers(read, notes);
  notes.add(undefined, 'pt-kill has no limit to a run; this one ends nothing at all past 100 victims.');
  const missing = notes.all.filter(({ isMissing }) => isMissing);
  if (strict && missing.length > 0)
    throw new UsageError(missing.map(({ option, text }) => `--${option} has no counterpart: ${text}`).join('\n'));

  const kills = values.has('kill') || values.has('kill-query');
  const isEnforced = kills && notes.wider.length === 0 && !notes.isDoubtful;
  const reaper = {
    name,
    every,
    targets: [target],
    kill: values.has('kill-query') ? 'query' : 'connection',
    match,
    ignore: notes.wider.length === 0 ? ignore : [{ command: '*' }, ...ignore],
    busyCommands,
    ...(values.has('replication-threads') && { replication: true }),
    ...classes,
    victims,
    limits: { perRun: 100 },
    mode: isEnforced ? 'enforce' : 'dry-run',
  };
  const document = new Document({ reapers: [reaper] }, { aliasDuplicateObjects: false });
  document.commentBefore = commentLines(notes, isEnforced);
  const spared = document.getIn(['reapers', 0, 'ignore', 0], true);
  if (notes.wider.length > 0 && isNode(spared))
    spared.commentBefore = ` Spares everybody: put a condition in its place for ${notes.wider.map((option) => `--${option}`).join(', ')}`;
  const yaml = document.toString({ lineWidth: 0 });
  try {
    parseConfig(yaml, 'the imported rule');
  } catch (error) {
    throw new UsageError(error instanceof AppError ? (error.detail ?? error.message) : String(error));
  }
  return yaml;
}

/**
 * `warden policy import [--name NAME] [--strict] -- pt-kill …`: our own words stand before the other command line.
 *
 * @throws UsageError as {@link importPtKill}
 */
export function importCommand(args: readonly string[]): string {
  const at = args.findIndex((word) => word === '--' || word.split('/').at(-1) === 'pt-kill');
  const own = at < 0 ? [] : args.slice(0, at);
  const { values } = parseArgs({ args: own, options: { name: { type: 'string' }, strict: { type: 'boolean' } } });
  return importPtKill(args.slice(own.length).slice(args[at] === '--' ? 1 : 0), values);
}
