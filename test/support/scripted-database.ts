import type { KillingDatabase, KillReply, StatementRecord, Victim } from '../../lib/database/database.ts';
import { type KillKind, type Session, sessionId } from '../../lib/sessions/session.ts';

/** A database whose answers a test writes, for faults that no real server can be made to show. */
export interface Script {
  /** What each look finds, one after the other; the last one for ever. An error is thrown. */
  readonly looks?: readonly (readonly Session[] | Error)[];
  readonly replies?: readonly KillReply[] | Error;
  readonly records?: readonly StatementRecord[];
}

export function scriptedDatabase({ looks = [[]], replies = ['sent'], records }: Script) {
  const sent: { victims: readonly Victim[]; kind: KillKind }[] = [];
  const left = [...looks];
  const record = [...(records ?? [])];
  const look = async (): Promise<readonly Session[]> => {
    const next = left.length > 1 ? left.shift() : left[0];
    if (next instanceof Error) throw next;
    return next ?? [];
  };
  const database: KillingDatabase = {
    server: {
      engine: 'mysql',
      version: '9',
      identity: 's1',
      ownId: sessionId('1'),
      account: "'w'@'%'",
      managed: false,
      encryption: { mode: 'verified', weakness: null },
    },
    exactStatements: true,
    killsStatementsExactly: false,
    keepsRecord: records !== undefined,
    source: { name: 'scripted', weakness: null },
    seesLingering: true,
    superPrivilege: 'SUPER',
    survey: async () => ({}),
    list: async (ids) => (await look()).filter(({ id }) => ids?.includes(id) ?? true),
    find: async (ids) => (await look()).filter(({ id }) => ids.includes(id)),
    compareAndKill: async (victims, kind) => {
      sent.push({ victims, kind });
      if (replies instanceof Error) throw replies;
      return victims.map((_, index) => replies[index] ?? 'sent');
    },
    statementRecord: async () => record.shift() ?? 'unknown',
    lockWaits: async () => [],
    connections: async () => null,
    privilegesOf: async () => ({ process: false, super: false }),
    ownPrivileges: async () => ({ process: true, super: true }),
    findMissingGrants: async () => [],
    close: async () => {},
  };
  return { database, sent };
}
