import { durationSeconds } from '../../reaper/units.ts';
import { GROUP_COLUMNS, type GroupColumn } from '../../sessions/group-key.ts';
import type { SessionFilters } from '../../sessions/match-query.ts';
import { isSessionId, type SessionId } from '../../sessions/session.ts';
import { MAX_REASON, plainText } from '../messages/answer.ts';

/** Letters to change, add, leave out or swap with their neighbour until one word is the other. */
function distance(a: string, b: string): number {
  const rows: number[][] = [];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let row = 0; row <= a.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= b.length; column++) {
      if (row === 0) {
        rows[0]?.push(column);
        continue;
      }
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      let least = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + same);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        least = Math.min(least, at(row - 2, column - 2) + 1);
      rows[row]?.push(least);
    }
  }
  return at(a.length, b.length);
}

/** The word that the person most likely meant; `undefined` where none is near. */
export function nearest<Word extends string>(word: string, words: readonly Word[]): Word | undefined {
  const typed = word.toLowerCase().slice(0, 24);
  const ranked = words
    .map((known) => ({ known, far: known.startsWith(typed) && typed.length > 1 ? 0 : distance(typed, known) }))
    .sort((a, b) => a.far - b.far);
  const best = ranked[0];
  return best !== undefined && best.far <= Math.max(1, Math.floor(best.known.length / 3)) ? best.known : undefined;
}

/** What a person may type, and an example of each. */
export const COMMANDS = {
  targets: 'targets',
  sessions: 'sessions shop user=app_* min=30s',
  top: 'top shop by user',
  show: 'show shop 3221487617',
  kill: 'kill shop 3221487617 blocks the checkout',
  cancel: 'cancel shop 3221487617',
  end: 'end shop user=app_web idle=5m because the pool is full',
  blockers: 'blockers shop',
  reap: 'reap shop idle-app',
  audit: 'audit shop',
  health: 'health shop',
  stop: 'stop a deployment goes wrong',
  resume: 'resume',
  help: 'help',
} as const;

/** The first word of a command. */
export type CommandName = keyof typeof COMMANDS;
const NAMES = Object.keys(COMMANDS) as CommandName[];

/** A command as it was meant. */
export type Command =
  | { readonly name: 'targets' | 'help' }
  | { readonly name: 'blockers' | 'audit' | 'health'; readonly target: string }
  | { readonly name: 'sessions'; readonly target: string; readonly filters: SessionFilters }
  | {
      readonly name: 'top';
      readonly target: string;
      readonly groupBy: GroupColumn;
      readonly filters: SessionFilters;
    }
  | ({ readonly name: 'end'; readonly target: string } & EndByRule)
  | { readonly name: 'show'; readonly target: string; readonly id: SessionId }
  | {
      readonly name: 'kill' | 'cancel';
      readonly target: string;
      readonly id: SessionId;
      readonly reason: string | null;
    }
  | { readonly name: 'reap'; readonly target: string; readonly rule: string }
  | { readonly name: 'stop'; readonly reason: string }
  | { readonly name: 'resume'; readonly reason: string | null };

/** What a person typed to end sessions by what they are like. */
export interface EndByRule {
  /** As the configuration would say it; its values are read where a rule is. */
  readonly rule: Readonly<Record<string, unknown>>;
  readonly limit: number | null;
  readonly reason: string | null;
}

/** What was wrong with a line, and a command that would have been right. */
export interface Mistake {
  readonly problem: string;
  readonly example: string;
}

const mistake = (problem: string, name: CommandName): Mistake => ({ problem, example: COMMANDS[name] });

/**
 * Reads a line that a person typed. Words are separated by spaces; nothing of it is ever SQL. What is not a command is
 * answered by the nearest one and an example.
 */
export function parseCommand(line: string): Command | Mistake {
  const [word = 'help', target, third, ...rest] = line.normalize('NFKC').split(/\s+/).filter(Boolean);
  const name = NAMES.find((known) => known === word.toLowerCase());
  if (name === undefined) {
    const meant = nearest(word, NAMES);
    if (meant === undefined) return mistake('I do not know that command.', 'help');
    return mistake(`I do not know that command. Did you mean ${meant}?`, meant);
  }
  if (name === 'targets' || name === 'help') return { name };
  if (name === 'stop' || name === 'resume') {
    const reason = plainText([target, third, ...rest].join(' '), MAX_REASON);
    if (name === 'resume') return { name, reason: reason || null };
    return reason === '' ? mistake('stop needs a reason.', name) : { name, reason };
  }
  const words = third === undefined ? [] : [third, ...rest];
  if (target === undefined) return mistake(`${name} needs a target.`, name);
  switch (name) {
    case 'blockers':
    case 'audit':
    case 'health':
      return { name, target };
    case 'sessions': {
      const filters = readFilters(words);
      return 'problem' in filters ? filters : { name, target, filters };
    }
    case 'top':
      return readTop(target, words);
    case 'end': {
      const read = readRule(words);
      return 'problem' in read ? read : { name, target, ...read };
    }
    case 'reap':
      return third === undefined ? mistake('reap needs the name of a rule.', name) : { name, target, rule: third };
    default: {
      if (third === undefined || !isSessionId(third)) return mistake(`${name} needs a session ID (digits only).`, name);
      if (name === 'show') return { name, target, id: third };
      return { name, target, id: third, reason: plainText(rest.join(' '), MAX_REASON) || null };
    }
  }
}

const EXAMPLE = 'sessions shop user=app_* min=30s idle=10m trx=yes text=orders';

type Filters = SessionFilters;

/** Words that filters and conditions have in common. */
const COLUMNS: Readonly<Record<string, (value: string) => Filters | undefined>> = {
  user: (user) => ({ user }),
  host: (host) => ({ host }),
  db: (db) => ({ db }),
  command: (command) => ({ command }),
  state: (state) => ({ state }),
  tenant: (tenant) => ({ tenant }),
  trx: (value) => (value === 'yes' || value === 'no' ? { inTransaction: value === 'yes' } : undefined),
};

const FILTERS: Readonly<Record<string, (value: string) => Filters | undefined>> = {
  ...COLUMNS,
  proxy: (proxySessionId) => ({ proxySessionId }),
  text: (text) => ({ text }),
  min: (value) => when(seconds(value), (minTime) => ({ minTime })),
  idle: (value) => when(seconds(value), (idleFor) => ({ idleFor })),
};

/** Reads `name=value` words; text compares exactly, with `*` for any run of characters. */
export function readFilters(words: readonly string[]): Filters | Mistake {
  let all: Filters = {};
  for (const word of words) {
    const at = word.indexOf('=');
    const name = at < 0 ? word : word.slice(0, at);
    const read = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
    if (read === undefined) {
      const meant = nearest(name, Object.keys(FILTERS));
      const hint = meant === undefined ? `Filters are ${Object.keys(FILTERS).join(', ')}.` : `Did you mean ${meant}=?`;
      return { problem: `I do not know that filter. ${hint}`, example: EXAMPLE };
    }
    const filter = at < 0 || at === word.length - 1 ? undefined : read(word.slice(at + 1));
    if (filter === undefined) return { problem: `${name}= needs a value, as in the example.`, example: EXAMPLE };
    all = { ...all, ...filter };
  }
  return all;
}

/** People in a chat leave the unit of seconds out. */
const seconds = (text: string): number | undefined => durationSeconds(/^\d+$/.test(text) ? `${text}s` : text);

const when = <T>(value: T | undefined, make: (value: T) => Filters): Filters | undefined =>
  value === undefined ? undefined : make(value);

/** `by user`, or nothing, and filters. */
function readTop(target: string, words: readonly string[]): Command | Mistake {
  const isBy = words[0]?.toLowerCase() === 'by';
  const column = isBy ? (words[1] ?? '') : 'user';
  const groupBy = GROUP_COLUMNS.find((known) => known === column);
  if (groupBy === undefined)
    return mistake(`top counts by ${GROUP_COLUMNS.slice(0, -1).join(', ')} or ${GROUP_COLUMNS.at(-1)}.`, 'top');
  const filters = readFilters(words.slice(isBy ? 2 : 0));
  return 'problem' in filters ? filters : { name: 'top', target, groupBy, filters };
}

/** Words of a rule, and the condition that each is. Their values are those of warden.yaml. */
const CONDITIONS: Readonly<Record<string, (value: string) => Readonly<Record<string, unknown>> | undefined>> = {
  ...COLUMNS,
  idle: (idle) => ({ idle }),
  busy: (busy) => ({ busy }),
  min: (time) => ({ time }),
};

/** Words of a rule that say how many of the sessions that match are ended. */
const CHOICES = ['victims', 'by', 'limit'] as const;

/** Reads `name=value` words and, behind `because`, the reason. */
function readRule(words: readonly string[]): EndByRule | Mistake {
  const at = words.findIndex((word) => word.toLowerCase() === 'because');
  const reason = at < 0 ? null : plainText(words.slice(at + 1).join(' '), MAX_REASON) || null;
  let match: Readonly<Record<string, unknown>> = {};
  let rule: Readonly<Record<string, unknown>> = {};
  let limit: number | null = null;
  for (const word of at < 0 ? words : words.slice(0, at)) {
    const [, name = word, value = ''] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    if (name === 'victims') rule = { ...rule, victims: value };
    else if (name === 'by') rule = { ...rule, groupBy: value };
    else if (name === 'limit' && /^[1-9]\d{0,3}$/.test(value)) limit = Number(value);
    else {
      const condition = Object.hasOwn(CONDITIONS, name) && value !== '' ? CONDITIONS[name]?.(value) : undefined;
      if (condition === undefined) {
        const known = [...Object.keys(CONDITIONS), ...CHOICES];
        const meant = known.includes(name) ? undefined : nearest(name, known);
        if (known.includes(name)) return mistake(`${name}= needs a value, as in the example.`, 'end');
        const hint = meant === undefined ? `Conditions are ${known.join(', ')}.` : `Did you mean ${meant}=?`;
        return mistake(`I do not know that condition. ${hint}`, 'end');
      }
      match = { ...match, ...condition };
    }
  }
  if (Object.keys(match).length === 0) return mistake('end needs a condition: it would take every session.', 'end');
  return { rule: { ...rule, match }, limit, reason };
}
