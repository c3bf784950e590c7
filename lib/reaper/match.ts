import { isAsleep } from '../sessions/session.ts';
import type { Condition } from './condition-schema.ts';
import type { Facts } from './facts.ts';
import { compileHostPattern, compilePattern, type Matches } from './pattern.ts';
import { inWords } from './units.ts';

/** Whether a condition holds; `undefined` where what it asks for is unknown (NULL). */
export type Holds = boolean | undefined;

/** One field of a condition, ready to be asked of many sessions. */
export interface Test {
  readonly holds: (facts: Facts) => Holds;
  /** The condition with the value that was found, for a person. Never the text of a statement. */
  readonly explain: (facts: Facts) => string;
  /** Unknown here means that there is no such text: no statement, no database. */
  readonly isText: boolean;
}

const negate = (holds: Holds): Holds => (holds === undefined ? undefined : !holds);

/** Kleene's AND: one that is false decides; else one unknown makes it unknown. */
export const allHold = (tests: readonly Test[], facts: Facts): Holds => {
  let result: Holds = true;
  for (const test of tests) {
    const holds = test.holds(facts);
    if (holds === false) return false;
    if (holds === undefined) result = undefined;
  }
  return result;
};

const anyHolds = (all: readonly (readonly Test[])[], facts: Facts): Holds => {
  let result: Holds = false;
  for (const tests of all) {
    const holds = allHold(tests, facts);
    if (holds === true) return true;
    if (holds === undefined) result = undefined;
  }
  return result;
};

type Column = 'command' | 'user' | 'host' | 'db' | 'state' | 'info' | 'tenant';

const columnOf = ({ session }: Facts, column: Column): string | null =>
  column === 'info' ? (session.statement?.text ?? null) : session[column];

function textTest(column: Column, patterns: readonly string[]): Test {
  const compile = column === 'host' ? compileHostPattern : compilePattern;
  const matches: readonly Matches[] = patterns.map(compile);
  return {
    isText: true,
    holds: (facts) => {
      const value = columnOf(facts, column);
      return value === null ? undefined : matches.some((match) => match(value));
    },
    explain: (facts) => {
      const value = column === 'info' ? 'the statement' : (columnOf(facts, column) ?? 'unknown');
      return `${column}: ${value}, wanted ${patterns.join(' or ')}`;
    },
  };
}

function atLeast(
  name: string,
  least: number,
  read: (facts: Facts) => number | null | undefined,
  words = inWords,
): Test {
  return {
    isText: false,
    holds: (facts) => {
      const value = read(facts);
      return value === null || value === undefined ? undefined : value >= least;
    },
    explain: (facts) => {
      const value = read(facts);
      return `${name}: ${value === null || value === undefined ? 'unknown' : words(value)}, wanted ${words(least)} or more`;
    },
  };
}

/** Seconds in a command, for a session that is in one of these commands; below zero, so never enough, for any other. */
const inCommand =
  (is: (command: string) => boolean) =>
  ({ session }: Facts): number | null =>
    is(session.command) ? session.time : -1;

function during(name: string, least: number, is: (command: string) => boolean, not: string): Test {
  const test = atLeast(name, least, inCommand(is));
  return {
    ...test,
    explain: (facts) =>
      is(facts.session.command) ? test.explain(facts) : `${name}: ${not} (${facts.session.command})`,
  };
}

const flagTest = (name: string, wanted: boolean, read: (facts: Facts) => Holds): Test => ({
  isText: false,
  holds: (facts) => (wanted ? read(facts) : negate(read(facts))),
  explain: (facts) => `${name}: ${read(facts) ?? 'unknown'}, wanted ${wanted}`,
});

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1e6)} MB`;

/** Compiles a condition into tests that must all hold. Patterns are compiled once, here. @throws Error for a pattern that cannot be read */
export function compileCondition(condition: Condition, busyCommands: readonly string[]): readonly Test[] {
  const isBusy = (command: string): boolean => busyCommands.includes(command);
  const tests: Test[] = [];
  for (const column of ['command', 'user', 'host', 'db', 'state', 'info', 'tenant'] as const) {
    const patterns = condition[column];
    if (patterns !== undefined) tests.push(textTest(column, patterns));
  }
  const { idle, busy, time, transactionFor, blockedFor, memory, cpu, inTransaction, blocking, any, not } = condition;
  if (idle !== undefined) tests.push(during('idle', idle, isAsleep, 'not asleep'));
  if (busy !== undefined) tests.push(during('busy', busy, isBusy, 'runs nothing'));
  if (time !== undefined) tests.push(atLeast('time', time, ({ session }) => session.time));
  if (inTransaction !== undefined)
    tests.push(flagTest('inTransaction', inTransaction, ({ session }) => session.transaction !== null));
  if (transactionFor !== undefined)
    tests.push(
      atLeast('transactionFor', transactionFor, ({ session }) =>
        session.transaction === null ? -1 : session.transaction.time,
      ),
    );
  if (blocking !== undefined) tests.push(flagTest('blocking', blocking, (facts) => facts.blocking));
  if (blockedFor !== undefined)
    tests.push(atLeast('blockedFor', blockedFor, (facts) => (facts.blockedFor === 0 ? -1 : facts.blockedFor)));
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
  isText: false,
  holds: (facts) => anyHolds(all, facts),
  explain: (facts) => {
    const hit = all.find((tests) => allHold(tests, facts) === true);
    return `any: ${hit === undefined ? 'none holds' : explainAll(hit, facts)}`;
  },
});

const notTest = (tests: readonly Test[]): Test => ({
  isText: false,
  holds: (facts) => negate(allHold(tests, facts)),
  explain: (facts) => `not: ${explainAll(tests, facts)}`,
});
