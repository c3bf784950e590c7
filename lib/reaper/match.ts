import { allHold, anyHolds, type Holds, negate } from '../sessions/holds.ts';
import { isAsleep, isUnknown } from '../sessions/session.ts';
import { ASKED } from './asked.ts';
import type { Condition } from './condition-schema.ts';
import type { Facts } from './facts.ts';
import { compileHostPattern, compilePattern, type Matches } from './pattern.ts';
import { inWords } from './units.ts';

/** One field of a condition, ready to be asked of many sessions. */
export interface Test {
  readonly holds: (facts: Facts) => Holds;
  /** The condition with the value that was found, for a person. Never the text of a statement. */
  readonly explain: (facts: Facts) => string;
}

/** Whether all tests hold. */
export const holdAll = (tests: readonly Test[], facts: Facts): Holds => allHold(tests, (test) => test.holds(facts));

/** What is said of a value that the server does not show, with its reason. */
function notKnown({ session }: Facts, name: keyof typeof ASKED): string {
  const fields: readonly string[] = ASKED[name];
  const why = session.unknown.find(({ field }) => fields.includes(field))?.why;
  return why === undefined ? 'not known' : `not known (${why.replace(/\.$/, '')})`;
}

type Column = 'command' | 'user' | 'host' | 'db' | 'state' | 'info' | 'tenant';

/** What a session has in a column: `null` where there is none, `undefined` where it is not known. */
function columnOf({ session }: Facts, column: Column): string | null | undefined {
  if (column === 'command') return session.command;
  if (column !== 'info') return isUnknown(session, column) ? undefined : session[column];
  if (isUnknown(session, 'statement')) return undefined;
  if (session.statement === null) return null;
  return isUnknown(session, 'text') ? undefined : (session.statement.text ?? undefined);
}

/** MySQL writes three dots over the end of a text that it cut off. */
const shownOf = (text: string): string => (text.endsWith('...') ? text.slice(0, -3) : text);

const MOST_KNOWN = 1_000;

function textTest(column: Column, patterns: readonly string[]): Test {
  const compile = column === 'host' ? compileHostPattern : compilePattern;
  const matches: readonly Matches[] = patterns.map(compile);
  const isCut = ({ session }: Facts): boolean => column === 'info' && session.statement?.textIsCut === true;
  const known = new Map<string, Holds>();
  const holds = (facts: Facts): Holds => {
    const value = columnOf(facts, column);
    if (value === undefined) return undefined;
    // What is not there is like nothing that is asked for.
    if (value === null) return false;
    if (isCut(facts)) return anyHolds(matches, (match) => match(shownOf(value), true));
    if (column === 'info') return anyHolds(matches, (match) => match(value));
    // Sessions are many, and their users, databases, commands and states few.
    if (known.has(value)) return known.get(value);
    const result = anyHolds(matches, (match) => match(value));
    if (known.size < MOST_KNOWN) known.set(value, result);
    return result;
  };
  const found = (facts: Facts): string => {
    const value = columnOf(facts, column);
    if (value === undefined) return notKnown(facts, column);
    if (value === null) return 'none';
    if (column === 'info')
      return isCut(facts) ? 'the statement, of which the server shows only the beginning' : 'the statement';
    // A network is asked for, say, and the server shows a name.
    return holds(facts) === undefined ? `${value} (not known whether it matches)` : value;
  };
  return { holds, explain: (facts) => `${column}: ${found(facts)}, wanted ${patterns.join(' or ')}` };
}

/** A number that means none: less than any that is asked for. */
const NONE = -1;

/** @param read - `null` or `undefined` where it is not known: there is no session without a time or memory */
function atLeast(
  name: keyof typeof ASKED,
  least: number,
  read: (facts: Facts) => number | null | undefined,
  words = inWords,
): Test {
  const found = (value: number | null | undefined, facts: Facts): string => {
    if (value === null || value === undefined) return notKnown(facts, name);
    return value === NONE ? 'none' : words(value);
  };
  return {
    holds: (facts) => {
      const value = read(facts);
      return value === null || value === undefined ? undefined : value >= least;
    },
    explain: (facts) => `${name}: ${found(read(facts), facts)}, wanted ${words(least)} or more`,
  };
}

/** Seconds in a command, for a session that is in one of these commands; below zero, so never enough, for any other. */
const inCommand =
  (is: (command: string) => boolean) =>
  ({ session }: Facts): number | null =>
    is(session.command) ? session.time : NONE;

function during(name: 'idle' | 'busy', least: number, is: (command: string) => boolean, not: string): Test {
  const test = atLeast(name, least, inCommand(is));
  return {
    ...test,
    explain: (facts) =>
      is(facts.session.command) ? test.explain(facts) : `${name}: ${not} (${facts.session.command})`,
  };
}

const flagTest = (name: 'inTransaction' | 'blocking', wanted: boolean, read: (facts: Facts) => Holds): Test => ({
  holds: (facts) => (wanted ? read(facts) : negate(read(facts))),
  explain: (facts) => `${name}: ${read(facts) ?? notKnown(facts, name)}, wanted ${wanted}`,
});

const inTransaction = ({ session }: Facts): Holds =>
  isUnknown(session, 'transaction') ? undefined : session.transaction !== null;

function transactionTime({ session }: Facts): number | null {
  if (isUnknown(session, 'transaction')) return null;
  return session.transaction === null ? NONE : session.transaction.time;
}

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1e6)} MB`;

/** Compiles a condition into tests that must all hold. Patterns are compiled once, here. @throws Error for a pattern that cannot be read */
export function compileCondition(condition: Condition, busyCommands: readonly string[]): readonly Test[] {
  const isBusy = (command: string): boolean => busyCommands.includes(command);
  const tests: Test[] = [];
  for (const column of ['command', 'user', 'host', 'db', 'state', 'info', 'tenant'] as const) {
    const patterns = condition[column];
    if (patterns !== undefined) tests.push(textTest(column, patterns));
  }
  const { idle, busy, time, transactionFor, blockedFor, memory, cpu, blocking, any, not } = condition;
  if (idle !== undefined) tests.push(during('idle', idle, isAsleep, 'not asleep'));
  if (busy !== undefined) tests.push(during('busy', busy, isBusy, 'runs nothing'));
  if (time !== undefined) tests.push(atLeast('time', time, ({ session }) => session.time));
  if (condition.inTransaction !== undefined)
    tests.push(flagTest('inTransaction', condition.inTransaction, inTransaction));
  if (transactionFor !== undefined) tests.push(atLeast('transactionFor', transactionFor, transactionTime));
  if (blocking !== undefined) tests.push(flagTest('blocking', blocking, (facts) => facts.blocking));
  if (blockedFor !== undefined)
    tests.push(atLeast('blockedFor', blockedFor, (facts) => (facts.blockedFor === 0 ? NONE : facts.blockedFor)));
  if (memory !== undefined) tests.push(atLeast('memory', memory, ({ session }) => session.memory, megabytes));
  if (cpu !== undefined) tests.push(atLeast('cpu', cpu, ({ session }) => session.cpu));
  if (any !== undefined) tests.push(anyTest(any.map((one) => compileCondition(one, busyCommands))));
  if (not !== undefined) tests.push(notTest(compileCondition(not, busyCommands)));
  return tests;
}

/** What tests found, for a person. */
export const explainAll = (tests: readonly Test[], facts: Facts): string =>
  tests.map((test) => test.explain(facts)).join('; ');

const anyTest = (all: readonly (readonly Test[])[]): Test => ({
  holds: (facts) => anyHolds(all, (tests) => holdAll(tests, facts)),
  explain: (facts) => {
    const of = (wanted: Holds) => all.find((tests) => holdAll(tests, facts) === wanted);
    const shown = of(true) ?? of(undefined);
    return `any: ${shown === undefined ? 'none holds' : explainAll(shown, facts)}`;
  },
});

const notTest = (tests: readonly Test[]): Test => ({
  holds: (facts) => negate(holdAll(tests, facts)),
  explain: (facts) => `not: ${explainAll(tests, facts)}`,
});
