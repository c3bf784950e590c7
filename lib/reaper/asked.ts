import type { UnknownName } from '../sessions/session.ts';
import type { Condition } from './condition-schema.ts';
import type { Reaper } from './policy-schema.ts';

/** The fields of a session that each part of a condition asks for, of those that a server may keep to itself. */
export const ASKED = {
  command: [],
  user: ['user'],
  host: ['host'],
  db: ['db'],
  state: ['state'],
  info: ['statement', 'text'],
  tenant: ['tenant'],
  idle: ['time'],
  busy: ['time'],
  time: ['time'],
  inTransaction: ['transaction'],
  transactionFor: ['transaction', 'transactionTime'],
  blocking: [],
  blockedFor: [],
  memory: ['memory'],
  cpu: ['cpu'],
} as const satisfies Readonly<Record<Exclude<keyof Condition, 'any' | 'not'>, readonly UnknownName[]>>;

/** True where a condition, or a part of it, asks for one of the fields. */
export const asks = (condition: Condition, fields: readonly (keyof Condition)[]): boolean =>
  fields.some((field) => condition[field] !== undefined) ||
  (condition.any ?? []).some((one) => asks(one, fields)) ||
  (condition.not !== undefined && asks(condition.not, fields));

/** True where a rule needs to know who waits for whose lock, which costs the server a query. */
export const needsLocks = ({ match, ignore, when }: Reaper): boolean =>
  when.blocking !== undefined ||
  when.blockedFor !== undefined ||
  [match, ...ignore].some((condition) => asks(condition, ['blocking', 'blockedFor']));

/** True where a rule needs to know what sessions use of the server. */
export const needsResources = ({ match, ignore }: Reaper): boolean =>
  [match, ...ignore].some((condition) => asks(condition, ['memory', 'cpu']));

/** True where a rule looks at what statements say, to their end. */
export const needsText = ({ match, ignore, groupBy }: Reaper): boolean =>
  groupBy === 'fingerprint' || [match, ...ignore].some((condition) => asks(condition, ['info']));

/** True where a rule needs to know how many connections the server allows. */
export const needsMaxConnections = ({ when }: Reaper): boolean => when.connectionsUsed !== undefined;
