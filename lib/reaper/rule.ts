import type { Exceptions } from '../sessions/carry-out.ts';
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

/** What protects others and not the victims of this rule: it says so, or names the tenants that it means. */
export const exceptionsOf = ({ replication, match }: Reaper): Exceptions => ({
  replication,
  tenants: match.tenant !== undefined,
});

/** Compiles a reaper. @throws Error for a pattern that cannot be read; loading the configuration has refused those */
export const compileRule = (reaper: Reaper): Rule => ({
  reaper,
  match: compileCondition(reaper.match, reaper.busyCommands),
  ignore: reaper.ignore.map((condition) => compileCondition(condition, reaper.busyCommands)),
});
