import type { SessionQuery } from '../sessions/list-sessions.ts';
import { isSessionId, type SessionId } from '../sessions/session.ts';
import { nearest } from './nearest.ts';
import { plainText } from './plain-text.ts';
import { readFilters } from './session-filters.ts';
import { MAX_REASON } from './too-long.ts';

/** What a person may type, and an example of each. */
export const COMMANDS = {
  targets: 'targets',
  sessions: 'sessions shop user=app_* min=30s',
  show: 'show shop 3221487617',
  kill: 'kill shop 3221487617 blocks the checkout',
  cancel: 'cancel shop 3221487617',
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
  | { readonly name: 'sessions'; readonly target: string; readonly filters: Partial<SessionQuery> }
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

/** What was wrong with a line, and a command that would have been right. */
export interface Mistake {
  readonly problem: string;
  readonly example: string;
}

const mistake = (problem: string, name: CommandName): Mistake => ({ problem, example: COMMANDS[name] });

/**
 * Reads a line that somebody typed. Words are separated by spaces; nothing of it is ever SQL. What is not a command is
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
  if (target === undefined) return mistake(`${name} needs a target.`, name);
  switch (name) {
    case 'blockers':
    case 'audit':
    case 'health':
      return { name, target };
    case 'sessions': {
      const filters = readFilters([...(third === undefined ? [] : [third]), ...rest]);
      return 'problem' in filters ? filters : { name, target, filters };
    }
    case 'reap':
      return third === undefined ? mistake('reap needs the name of a rule.', name) : { name, target, rule: third };
    default: {
      if (third === undefined || !isSessionId(third))
        return mistake(`${name} needs the ID of a session, digits only.`, name);
      if (name === 'show') return { name, target, id: third };
      return { name, target, id: third, reason: plainText(rest.join(' '), MAX_REASON) || null };
    }
  }
}
