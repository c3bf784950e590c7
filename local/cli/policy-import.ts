import { Document } from 'yaml';
import { parseConfig } from '../../lib/config/config.ts';
import { AppError } from '../../lib/errors.ts';
import { compilePattern } from '../../lib/reaper/pattern.ts';
import { durationSeconds } from '../../lib/reaper/units.ts';
import { UsageError } from './help.ts';
import { type PtKill, readPtKill } from './pt-kill-options.ts';

const GROUPS = ['user', 'host', 'db', 'command', 'state', 'fingerprint'];
const LIMITS = ['busy-time', 'idle-time', 'each-busy-time', 'any-busy-time', 'query-count'];
const TIME = /^(\d+)([smhd]?)$/;

function duration(name: string, value: string): string {
  const [, count, unit] = TIME.exec(value) ?? [];
  if (count === undefined) throw new UsageError(`--${name}: write a number of seconds, or with s, m, h or d`);
  return `${count}${unit || 's'}`;
}

/** A Perl pattern as one of ours: both find anywhere in the text. @throws UsageError for what only Perl has */
function regex(name: string, pattern: string): string {
  const written = `/${pattern}/`;
  try {
    compilePattern(written);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--${name} has no counterpart: the pattern is not one of RE2 (${why})`);
  }
  return written;
}

/** The schedule of a rule: pt-kill's interval, and no shorter than a minute. */
function everyOf(interval: string | undefined): string {
  const written = duration('interval', interval ?? '30');
  return (durationSeconds(written) ?? 0) < 60 ? '1m' : written;
}

type Fields = Record<string, unknown>;

function columns(verb: string, given: PtKill['match']): Fields {
  return Object.fromEntries(
    Object.entries(given).map(([column, pattern]) => [column, regex(`${verb}-${column}`, pattern)]),
  );
}

const BUSY_NOTE = (commands: string) =>
  ` --busy-time holds back only sessions in ${commands}; those in other commands are taken by the other conditions, as pt-kill takes them`;
const IDLE_NOTE =
  ' --idle-time holds back only sleepers; those in other commands are taken by the other conditions, as pt-kill takes them';

/**
 * Writes a pt-kill command line as warden.yaml, with the same meaning. What it does not say, pt-kill's defaults say.
 *
 * @throws UsageError for what has no counterpart, with the reason, and for a command line that pt-kill itself would refuse
 */
export function importPtKill(args: readonly string[]): string {
  const { values, match, ignore, elsewhere, dsnHost } = readPtKill(args);
  // pt-kill is written in Perl, where a limit of 0 is no limit given.
  const given = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' && !(LIMITS.includes(name) && /^0[smhd]?$/.test(value)) ? value : undefined;
  };
  if (values['kill'] && values['kill-query']) throw new UsageError('--kill and --kill-query exclude each other');
  if (given('each-busy-time') !== undefined && given('any-busy-time') !== undefined)
    throw new UsageError('--each-busy-time and --any-busy-time exclude each other');
  if (!values['kill'] && !values['kill-query'] && !values['print'])
    throw new UsageError('name what to do: --kill, --kill-query or --print');

  const busyCommands = (given('kill-busy-commands') ?? 'Query').split(',').map((command) => command.trim());
  const busy = given('busy-time') === undefined ? undefined : duration('busy-time', given('busy-time') ?? '');
  const idle = given('idle-time') === undefined ? undefined : duration('idle-time', given('idle-time') ?? '');
  const matched = columns('match', match);
  const hits = [...(busy === undefined ? [] : [{ busy }]), ...(idle === undefined ? [] : [{ idle }])];
  const isAll = values['match-all'] === true;
  const hasMatch = Object.keys(matched).length > 0;
  if (!isAll && !hasMatch && hits.length === 0)
    throw new UsageError('name whom: --match-…, --busy-time, --idle-time, or --match-all for everybody');

  const target = dsnHost ?? given('host') ?? 'local';
  const notes: string[] = [
    ` Put the name of the target that stands for this server in place of ${target}, if it has another`,
  ];
  const ignored: Fields[] = Object.entries(columns('ignore', { state: 'Locked', ...ignore })).map(
    ([column, pattern]) => ({ [column]: pattern }),
  );
  if (isAll || hasMatch) {
    // These spare the sessions that the times hold back; a condition of `match` would also keep out all other commands.
    if (busy !== undefined) {
      ignored.push({ command: busyCommands, not: { busy } });
      notes.push(BUSY_NOTE(busyCommands.join(', ')));
    }
    if (idle !== undefined) {
      ignored.push({ command: 'Sleep', not: { idle } });
      notes.push(IDLE_NOTE);
    }
  }
  const whom = hasMatch ? matched : isAll ? { command: '*' } : hits.length === 1 ? hits[0] : { any: hits };

  const group = given('group-by')?.toLowerCase();
  if (group !== undefined && !GROUPS.includes(group))
    throw new UsageError(`--group-by ${group} has no counterpart: group by ${GROUPS.join(', ')}`);
  if (group === 'host')
    notes.push(
      ' pt-kill groups by address and port, so each session was a class of its own; here the port does not count',
    );
  const each = given('each-busy-time');
  const any = each === undefined ? given('any-busy-time') : undefined;
  const count = given('query-count');
  const when = {
    ...(count === undefined ? {} : { count: Number(count) }),
    ...(each === undefined ? {} : { eachBusy: duration('each-busy-time', each) }),
    ...(any === undefined ? {} : { anyBusy: duration('any-busy-time', any) }),
  };
  if (elsewhere.length > 0)
    notes.push(
      ` left out, since a target's secret or the deployment says it: ${elsewhere.map((name) => `--${name}`).join(', ')}`,
    );
  notes.push(
    ' pt-kill has no limit to a run; this one ends nothing at all past 100 victims',
    ' pt-kill looks every 30 seconds unless told; a schedule looks once a minute at most',
  );

  const reaper = {
    name: 'imported',
    every: everyOf(given('interval')),
    targets: [target],
    kill: values['kill-query'] === true ? 'query' : 'connection',
    match: whom,
    ignore: ignored,
    busyCommands,
    ...(values['replication-threads'] === true ? { replication: true } : {}),
    ...(group === undefined ? {} : { groupBy: group }),
    ...(Object.keys(when).length > 0 ? { when } : {}),
    victims: given('victims')?.toLowerCase() ?? 'oldest',
    limits: { perRun: 100 },
    mode: values['kill'] || values['kill-query'] ? 'enforce' : 'dry-run',
  };
  const document = new Document({ reapers: [reaper] }, { aliasDuplicateObjects: false });
  document.commentBefore = [' Imported from a pt-kill command line.', ...notes].join('\n');
  const yaml = document.toString({ lineWidth: 0 });
  try {
    parseConfig(yaml, 'the imported rule');
  } catch (error) {
    throw new UsageError(error instanceof AppError ? (error.detail ?? error.message) : String(error));
  }
  return yaml;
}
