import { asks } from './asked.ts';
import { compileCondition, type Test } from './match.ts';
import type { Reaper } from './policy-schema.ts';

/** A reaper with its patterns compiled, ready to be asked of many sessions. */
export interface Rule {
  readonly reaper: Reaper;
  /** All must hold. */
  readonly match: readonly Test[];
  /** One that holds, or may hold, spares the session. */
  readonly ignore: readonly (readonly Test[])[];
}

/** Compiles a reaper. @throws Error for a pattern that cannot be read; loading the configuration has refused those */
export const compileRule = (reaper: Reaper): Rule => ({
  reaper,
  match: compileCondition(reaper.match, reaper.busyCommands),
  ignore: reaper.ignore.map((condition) => compileCondition(condition, reaper.busyCommands)),
});

/** True where a rule needs to know who waits for whose lock, which costs the server a query. */
export const needsLocks = ({ match, ignore, when }: Reaper): boolean =>
  when.blocking !== undefined ||
  when.blockedFor !== undefined ||
  [match, ...ignore].some((condition) => asks(condition, ['blocking', 'blockedFor']));

/** True where a rule needs to know what sessions use of the server. */
export const needsResources = ({ match, ignore }: Reaper): boolean =>
  [match, ...ignore].some((condition) => asks(condition, ['memory', 'cpu']));

/** True where a rule needs to know how many connections the server allows. */
export const needsMaxConnections = ({ when }: Reaper): boolean => when.connectionsUsed !== undefined;
