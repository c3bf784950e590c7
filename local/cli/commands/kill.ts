import { createInterface } from 'node:readline';
import type { AskedRule, Reap, ReapVictim as Victim } from '../../../client/api.d.ts';
import { age, type Line, type Piece } from '../../../lib/pictures/lines.ts';
import { type Column, table } from '../../../lib/pictures/table.ts';
import { isSessionId } from '../../../lib/sessions/session.ts';
import { given } from '../api/api.ts';
import { orNotSaid } from '../api/read-answer.ts';
import {
  asked,
  type Call,
  type CommonOptions,
  type ExitCode,
  numberOf,
  onTarget,
  printJson,
  secondsOf,
} from '../call.ts';
import { Failure, Problem, UsageError } from '../help.ts';
import { print, type World, widthOf } from '../terminal.ts';
import { counted, tolerant, undecided } from '../view/session-table.ts';

/** A kill that the server accepted and still works on. */
export interface Pending {
  readonly id: string;
  readonly kind: 'connection' | 'query';
  /** Of the session, or of the statement, where it is known: another one is not what was ended. */
  readonly tag: string | null;
}

const LOOK_MS = 1_000;
const LOOKS = 10;

/** Looks until it is over, for ten seconds. @returns what became of it, in words; `undefined` where it still goes on */
export async function followPending(call: Call, { id, kind, tag }: Pending): Promise<string | undefined> {
  for (let looks = 0; looks < LOOKS; looks++) {
    await call.world.sleep(LOOK_MS);
    if (await isOver(call, { id, kind, tag }))
      return kind === 'query' ? 'the statement has ended' : 'the session is gone';
  }
  return undefined;
}

async function isOver(call: Call, { id, kind, tag }: Pending): Promise<boolean> {
  try {
    const params = { path: { ...onTarget(call), id } };
    const { data } = await call.api.ask((api) => api.GET('/targets/{target}/sessions/{id}', { params }));
    if (kind === 'connection') return tag !== null && data.tag !== tag;
    return data.statement === null || (tag !== null && data.statement.tag !== tag);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // A server that is too busy to look says nothing of the kill.
    return error.code === 'session-not-found';
  }
}

/** Options of `warden kill ID` and `warden cancel ID`. */
export interface KillOneOptions extends CommonOptions {
  readonly tag?: string;
  readonly reason?: string;
  readonly escalateAfter?: string;
}

/** Outcomes after which nothing is left of what was to be ended. */
const OVER: readonly string[] = ['terminated', 'query-cancelled', 'already-gone', 'nothing-running'];

/** Ends one session, or cancels its statement, and says what became of it. */
export async function killOne(call: Call<KillOneOptions>, id: string, kind: 'connection' | 'query'): Promise<ExitCode> {
  if (!isSessionId(id)) throw new UsageError('an ID is 1 to 20 decimal digits, the first not zero');
  const { tag, reason, escalateAfter, json } = call.options;
  const params = {
    path: { ...onTarget(call), id },
    query: given({ reason }),
    ...(tag !== undefined && { header: { 'If-Match': `"${tag}"` } }),
  };
  const seconds = escalateAfter === undefined ? undefined : secondsOf('--escalate-after', escalateAfter);
  const query = given({ reason, escalateAfter: seconds });
  const { body, data } = await asked(call, (api) =>
    kind === 'connection'
      ? api.DELETE('/targets/{target}/sessions/{id}', { params })
      : api.DELETE('/targets/{target}/sessions/{id}/query', { params: { ...params, query } }),
  );
  const { outcome } = data;
  const hint = orNotSaid(() => data.hint, null);
  if (json) printJson(call.world, body);
  else print(call.world, [`${id}: ${outcome}${hint === null ? '' : `. ${hint}`}`]);
  if (outcome === 'pending' && !json) {
    const end = await followPending(call, { id, kind, tag: tag ?? null });
    print(call.world, [`${id}: ${end ?? 'it still goes on; the record will say how it ended'}`]);
  }
  return OVER.includes(outcome) || outcome === 'pending' ? 0 : 1;
}

/** Conditions of `warden kill` and `warden cancel`, in the words and values of a rule of warden.yaml. */
export interface RuleOptions {
  readonly user?: string;
  readonly host?: string;
  readonly db?: string;
  readonly command?: string;
  readonly state?: string;
  readonly tenant?: string;
  readonly info?: string;
  readonly idle?: string;
  readonly busy?: string;
  readonly minTime?: string;
  readonly inTransaction?: boolean;
  readonly transactionFor?: string;
  readonly blocking?: boolean;
  readonly notUser?: string;
}

/** Options of a kill by conditions. */
export interface KillManyOptions extends CommonOptions, RuleOptions {
  readonly victims?: NonNullable<AskedRule['victims']>;
  /** The API refuses any other. */
  readonly groupBy?: NonNullable<AskedRule['groupBy']>;
  readonly limit?: string;
  readonly reason?: string;
  readonly escalateAfter?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

type Kind = Reap['kill'];

/** The conditions that were given; empty where none was. */
function matchOf({ minTime, notUser: _, ...same }: RuleOptions): AskedRule['match'] {
  const { user, host, db, command, state, tenant, info, idle, busy, inTransaction, transactionFor, blocking } = same;
  return given({
    ...{ user, host, db, command, state, tenant, info, idle, busy, inTransaction, transactionFor, blocking },
    time: minTime,
  });
}

/** True where the command line says whom by conditions, and not by an ID. */
export const hasConditions = (options: RuleOptions): boolean => Object.keys(matchOf(options)).length > 0;

/** True where the command line says anything that only a kill by conditions does. */
export const isForMany = (options: KillManyOptions): boolean => {
  const { notUser, victims, groupBy, limit, dryRun } = options;
  return hasConditions(options) || [notUser, victims, groupBy, limit, dryRun].some((one) => one !== undefined);
};

function bodyOf(options: KillManyOptions, kill: Kind) {
  const { victims, groupBy, limit, reason, escalateAfter, notUser } = options;
  return {
    rule: {
      kill,
      match: matchOf(options),
      ...(notUser !== undefined && { ignore: [{ user: notUser }] }),
      ...(groupBy !== undefined && { groupBy }),
      ...(victims !== undefined && { victims }),
      ...(escalateAfter !== undefined && { escalateAfter }),
    },
    ...(limit !== undefined && { limit: numberOf('--limit', limit, 1, 10_000) }),
    ...(reason !== undefined && { reason }),
  };
}

const OUTCOME_STYLES: Readonly<Record<string, 'green' | 'yellow'>> = {
  terminated: 'green',
  'query-cancelled': 'green',
  pending: 'yellow',
};

function outcomeOf({ outcome, code }: Victim): Piece {
  const style = OUTCOME_STYLES[outcome ?? ''];
  const text = outcome ?? code ?? '–';
  return style === undefined ? text : { text, style };
}

const SHOWN: readonly Column<Victim>[] = [
  { title: 'Id', cell: ({ id }) => id },
  { title: 'User', cell: ({ user }) => user ?? '–', least: 8 },
  { title: 'Host', cell: ({ host }) => host ?? '–', least: 9, sacrifice: 2 },
  { title: 'Db', cell: ({ db }) => db ?? '–', least: 5, sacrifice: 1 },
  { title: 'Command', cell: ({ command }) => command, least: 7 },
  { title: 'Time', cell: ({ time }) => age(time), align: 'right' },
];
const PREVIEW = [...SHOWN, { title: 'Why', cell: ({ reasons }: Victim) => reasons.join('; '), least: 20 }];
const OUTCOMES = [...SHOWN, { title: 'Outcome', cell: outcomeOf }];

/** A condition's own words differ from session to session; why a person was not let end some are the same for all. */
const isCondition = (reason: string): boolean => reason.includes(', wanted ');

function sparedLines(spared: Reap['spared']): readonly Line[] {
  const groups = Map.groupBy(spared, ({ reason }) => (isCondition(reason) ? null : reason));
  return [...groups].map(([reason, some]) =>
    reason === null
      ? `${counted(some.length, 'session')} spared by one condition`
      : `${counted(some.length, 'session')} spared: ${reason}`,
  );
}

/** What every report of a run ends with, whoever asked for it. */
function remarks({ spared, warned, undecidable, held }: Reap): readonly Line[] {
  return [
    ...sparedLines(spared),
    ...(warned.length === 0 ? [] : [`${counted(warned.length, 'session')} warned first, or kept by a person`]),
    ...undecidable.map(undecided),
    ...(held === null ? [] : [{ text: `Nothing was ended: ${held}`, style: 'red' } as const]),
  ];
}

/** A table of victims, before or after. */
const victimTable = (call: Call, report: Reap, isOver: boolean): readonly Line[] =>
  report.victims.length === 0
    ? []
    : [...table((isOver ? OUTCOMES : PREVIEW).map(tolerant), report.victims, widthOf(call.world)), ''];

/** Follows those that the server still works on, one after the other, within the same ten seconds each. */
async function followed(call: Call, { victims, kill }: Reap): Promise<readonly Line[]> {
  const pending = victims.filter(({ outcome }) => outcome === 'pending');
  const ends = await Promise.all(
    pending.map(({ id, tag }) => followPending(call, { id, kind: kill, tag: kill === 'connection' ? tag : null })),
  );
  return pending.map(({ id }, at) => `${id}: ${ends[at] ?? 'it still goes on; the record will say how it ended'}`);
}

/** 1 where a limit held the run, or something that was to be ended was not. */
const codeOf = ({ held, victims }: Reap): ExitCode =>
  held === null && victims.every(({ code }) => code === null) ? 0 : 1;

/** Asks a person at the terminal; anything but yes is no. */
async function confirms({ stdin, stderr }: World, question: string): Promise<boolean> {
  stderr.write(`${question} [y/N] `);
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) return /^(?:y|yes)$/i.test(line.trim());
    return false;
  } finally {
    lines.close();
  }
}

/** Ends whoever matches: shows them, asks, and ends those who were shown and no one else. */
export async function killMany(call: Call<KillManyOptions>, kind: Kind): Promise<ExitCode> {
  const { world, options } = call;
  const { yes, dryRun, json } = options;
  if (json && !yes && !dryRun) throw new UsageError('with --json write --dry-run, or --yes');
  const params = { path: onTarget(call) };
  const rule = bodyOf(options, kind);
  const preview = await asked(call, (api) =>
    api.POST('/targets/{target}/reaps', { params, body: { ...rule, dryRun: true } }),
  );
  const { data: shown } = preview;
  const count = shown.victims.length;
  if (dryRun && json) printJson(world, preview.body);
  if (!json) {
    const all =
      kind === 'connection'
        ? `${count.toLocaleString('en-US')} of ${counted(shown.sessions, 'session')} would end`
        : `${counted(count, 'statement')} of ${counted(shown.sessions, 'session')} would be cancelled`;
    const none = `None of ${counted(shown.sessions, 'session')} matches.`;
    print(world, [...victimTable(call, shown, false), count === 0 ? none : all, ...remarks(shown)]);
  }
  if (dryRun || shown.held !== null) return shown.held === null ? 0 : 1;
  if (count === 0) {
    if (json) printJson(world, preview.body);
    return 0;
  }
  if (!yes) {
    if (!world.stdin.isTTY) throw new UsageError('nothing was ended: without a terminal, --yes ends those who match');
    const question = kind === 'connection' ? `End these ${count}?` : `Cancel these ${count}?`;
    if (!(await confirms(world, question))) {
      print(world, ['Nothing was ended.']);
      return 1;
    }
  }
  const { digest } = shown;
  if (digest === null) throw new Failure('Nothing was ended: the server gives no digest of those who were shown.');
  const done = await asked(call, (api) =>
    api.POST('/targets/{target}/reaps', { params, body: { ...rule, dryRun: false, digest } }),
  );
  if (json) printJson(world, done.body);
  else {
    print(world, [...victimTable(call, done.data, true), ...remarks(done.data)]);
    print(world, await followed(call, done.data));
  }
  return codeOf(done.data);
}

/** Options of `warden reap`. */
export interface ReapOptions extends CommonOptions {
  readonly enforce?: boolean;
}

/** `warden reap NAME`: runs a rule of warden.yaml now; without `--enforce` it ends nothing. */
export async function reap(call: Call<ReapOptions>, reaper: string): Promise<ExitCode> {
  const { enforce = false, json } = call.options;
  const body = { reaper, dryRun: !enforce };
  const params = { path: onTarget(call) };
  const { body: answer, data } = await asked(call, (api) => api.POST('/targets/{target}/reaps', { params, body }));
  if (json) printJson(call.world, answer);
  else {
    const victims = `${counted(data.victims.length, 'victim')} of ${counted(data.sessions, 'session')}`;
    print(call.world, [...victimTable(call, data, enforce), victims, ...remarks(data)]);
    if (enforce) print(call.world, await followed(call, data));
  }
  return codeOf(data);
}
