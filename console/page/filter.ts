import type { Session } from '../../client/api.d.ts';
import { globMatches } from '../../lib/privileges/glob.ts';
import { durationSeconds } from '../../lib/reaper/units.ts';
import { isAsleep } from '../../lib/sessions/session.ts';
import type { LockRole } from './activity.ts';

/** `undefined`: the server does not show what is asked for, which is never a no. */
type Holds = boolean | undefined;
/** `null`: it has no part in who blocks whom; `undefined`: nobody knows. */
type Test = (session: Session, role: LockRole | null | undefined) => Holds;

/** What a line of words asks for. */
export interface Filter {
  readonly matches: Test;
  /** The words that nobody can make sense of, each with what it must look like. */
  readonly wrong: readonly string[];
}

/** A word: a field, how it is compared, and a value with or without quotes; or a value alone. */
const WORD = /(?:([a-z]+)(!=|>=|<=|=|>|<))?(?:"([^"]*)"?|(\S+))/giu;
const TEXT_FIELDS = ['id', 'user', 'host', 'db', 'command', 'state', 'tenant', 'text'] as const;
type TextField = (typeof TEXT_FIELDS)[number];
const TIMES = ['idle', 'busy', 'time', 'min', 'trx'] as const;

const isUnknown = (session: Session, field: string): boolean => session.unknown.some((one) => one.field === field);

/** The client's address without its port. */
export const addressOf = (host: string): string =>
  /^\[([^\]]*)\](?::\d+)?$/.exec(host)?.[1] ?? (host.split(':').length > 2 ? host : host.replace(/:\d*$/, ''));

function textOf(session: Session, field: TextField): string | null {
  return field === 'text' ? (session.statement?.text ?? null) : session[field];
}

/** A value as a filter names it: in quotes where it would be more than one word. */
export const quoted = (value: string): string =>
  /[\s"]/.test(value) || value === '' ? `"${value.replaceAll('"', '*')}"` : value;

const ONE = /(?:[a-z]+(?:!=|>=|<=|=|>|<))?(?:"[^"]*"?|\S+)/giu;

/** The words of a line but those that ask for a field. */
export const wordsWithout = (line: string, field: string): readonly string[] =>
  [...line.matchAll(ONE)].map(([word]) => word).filter((word) => !word.toLowerCase().startsWith(`${field}=`));

/** How long a line asks that sessions be idle, as it says it. */
export const idleIn = (line: string): string | undefined =>
  /(?:^|\s)idle(?:>=|=|>)(\d+[smhd])(?:\s|$)/i.exec(line)?.[1];

function textTest(field: TextField, value: string): Test {
  return (session) => {
    if (isUnknown(session, field) || (field === 'text' && isUnknown(session, 'statement'))) return undefined;
    const shown = textOf(session, field);
    if (value === '-') return shown === null;
    if (shown === null) return false;
    if (field === 'text') return shown.toLowerCase().includes(value.toLowerCase());
    return globMatches(value, shown) || (field === 'host' && globMatches(value, addressOf(shown)));
  };
}

function timeTest(field: (typeof TIMES)[number], seconds: number, isBelow: boolean): Test {
  const compare = (time: number | null): Holds =>
    time === null ? undefined : isBelow ? time < seconds : time >= seconds;
  return (session) => {
    if (field === 'idle') return isAsleep(session.command) && compare(session.time);
    if (field === 'busy') return !isAsleep(session.command) && compare(session.time);
    if (field !== 'trx') return compare(session.time);
    if (isUnknown(session, 'transaction')) return undefined;
    return session.transaction !== null && compare(session.transaction.time);
  };
}

const not =
  (test: Test): Test =>
  (session, role) => {
    const holds = test(session, role);
    return holds === undefined ? undefined : !holds;
  };

const YES: Readonly<Record<string, boolean>> = { yes: true, true: true, no: false, false: false };

/** The test of one word with a field, or what it must look like. */
function fieldTest(field: string, operator: string, value: string): Test | string {
  const time = TIMES.find((one) => one === field);
  const text = TEXT_FIELDS.find((one) => one === field);
  if (text !== undefined) {
    if (operator !== '=' && operator !== '!=') return `${field}= or ${field}!=`;
    return operator === '=' ? textTest(text, value) : not(textTest(text, value));
  }
  const flag = YES[value.toLowerCase()];
  if ((field === 'trx' || field === 'blocking') && flag !== undefined && operator === '=') {
    const test: Test =
      field === 'blocking'
        ? (_, role) => (role === undefined ? undefined : (role?.holdsUp ?? 0) > 0)
        : (session) => (isUnknown(session, 'transaction') ? undefined : session.transaction !== null);
    return flag ? test : not(test);
  }
  if (field === 'blocking') return 'blocking=yes or blocking=no';
  if (time === undefined)
    return 'user=, host=, db=, command=, state=, tenant=, id=, text=, idle>, busy>, time>, trx= or blocking=';
  const seconds = durationSeconds(/^\d+$/.test(value) ? `${value}s` : value);
  if (seconds === undefined || operator === '!=')
    return `${field}>5m, ${field}>90s${field === 'trx' ? ', trx=yes or trx=no' : ''}`;
  return timeTest(time, seconds, operator.startsWith('<'));
}

/** Plain text: anywhere in what the row shows. */
function anywhere(value: string): Test {
  const part = value.toLowerCase();
  return (session) =>
    TEXT_FIELDS.some((field) => textOf(session, field)?.toLowerCase().includes(part)) ||
    (session.unknown.length > 0 && TEXT_FIELDS.some((field) => isUnknown(session, field) && field !== 'tenant')
      ? undefined
      : false);
}

/**
 * Reads a line of words as chat takes them, all of which must hold: `user=app_* idle>5m trx=yes`; a word without a field is
 * looked for in everything.
 */
export function parseFilter(line: string): Filter {
  const tests: Test[] = [];
  const wrong: string[] = [];
  for (const [word, field, operator = '=', inQuotes, bare] of line.matchAll(WORD)) {
    const value = inQuotes ?? bare ?? '';
    const test = field === undefined ? anywhere(value) : fieldTest(field.toLowerCase(), operator, value);
    if (typeof test === 'string') wrong.push(`${word}: write ${test}`);
    else tests.push(test);
  }
  const matches: Test = (session, role) => {
    let isOpen = false;
    for (const test of tests) {
      const holds = test(session, role);
      if (holds === false) return false;
      if (holds === undefined) isOpen = true;
    }
    return isOpen ? undefined : true;
  };
  return { matches, wrong };
}
