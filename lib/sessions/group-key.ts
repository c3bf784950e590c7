import { isIP } from 'node:net';
import { fingerprintOf } from './masking/mask-statement.ts';
import { isUnknown, type Session, type UnknownName } from './session.ts';

/** The columns by which sessions are put in groups. */
export const GROUP_COLUMNS = ['user', 'host', 'db', 'command', 'state', 'tenant', 'fingerprint'] as const;

/** One of {@link GROUP_COLUMNS}. */
export type GroupColumn = (typeof GROUP_COLUMNS)[number];

/** The fields that put a session in its group. */
export const GROUPED = {
  user: ['user'],
  host: ['host'],
  db: ['db'],
  command: [],
  state: ['state'],
  tenant: ['tenant'],
  fingerprint: ['statement', 'text'],
} as const satisfies Readonly<Record<GroupColumn, readonly UnknownName[]>>;

/** The client's address without its port: `10.0.0.7:53211` → `10.0.0.7`, `[::1]:5` → `::1`, `localhost` as it is. */
export function addressOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(host)?.[1];
  if (bracketed !== undefined) return bracketed;
  // An IPv6 address without brackets has no port that could be told from its last group.
  return isIP(host) === 6 ? host : host.replace(/:\d*$/, '');
}

/** Each column by which sessions are put in groups; `null` where there is none, which is a group of its own. */
const KEYS: Readonly<Record<GroupColumn, (session: Session) => string | null | undefined>> = {
  user: ({ user }) => user,
  host: ({ host }) => (host === null ? null : addressOf(host)),
  db: ({ db }) => db,
  command: ({ command }) => command,
  state: ({ state }) => state,
  tenant: ({ tenant }) => tenant,
  fingerprint: ({ statement }) => {
    if (statement === null) return null;
    return statement.text === null || statement.textIsCut ? undefined : fingerprintOf(statement.text);
  },
};

/** What a session has in a column: its group. `null`: there is none; `undefined`: not known. */
export const groupKeyOf = (session: Session, column: GroupColumn): string | null | undefined =>
  GROUPED[column].some((field) => isUnknown(session, field)) ? undefined : KEYS[column](session);
