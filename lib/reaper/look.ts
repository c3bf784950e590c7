import type { Database } from '../database/database.ts';
import { needsLocks, needsMaxConnections, needsResources, needsText } from './asked.ts';
import { choose } from './choose.ts';
import type { Snapshot } from './facts.ts';
import type { Rule } from './rule.ts';

/** One look at the server, with as much as the rule asks for. */
async function look(database: Database, { reaper }: Rule): Promise<Snapshot> {
  const sessions = await database.list(undefined, {
    resources: needsResources(reaper),
    wholeStatements: needsText(reaper),
  });
  const waits = needsLocks(reaper) ? await database.lockWaits() : null;
  const connections = needsMaxConnections(reaper) ? await database.connections() : null;
  return {
    sessions,
    waits,
    maxConnections: connections?.most ?? null,
    usedConnections: connections?.used ?? sessions.length,
    ownId: database.server.ownId,
    engine: database.server.engine,
  };
}

/** A rule's choice from a look at the server, why it can never choose there, and when that was, in milliseconds since the epoch. */
export async function lookAndChoose(database: Database, rule: Rule, protectedUsers: readonly string[]) {
  const snapshot = await look(database, rule);
  return {
    choice: choose(rule, snapshot, protectedUsers),
    others: snapshot.sessions.length - 1,
    at: Date.now(),
  };
}
