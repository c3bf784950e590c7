import type { Database } from '../database/database.ts';
import type { Session } from '../sessions/session.ts';
import { sessionTag, statementTag } from '../sessions/tags.ts';
import { needsLocks, needsMaxConnections, needsResources, needsText } from './asked.ts';
import { type Choice, type Chosen, choose, type Rule } from './choose.ts';
import type { Snapshot } from './facts.ts';

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
export async function lookAndChoose(
  database: Database,
  rule: Rule,
  protectedUsers: readonly string[],
  isSeen: (session: Session) => boolean = () => true,
) {
  const whole = await look(database, rule);
  const snapshot = { ...whole, sessions: whole.sessions.filter(isSeen) };
  return {
    choice: choose(rule, snapshot, protectedUsers),
    others: snapshot.sessions.filter(({ id }) => id !== database.server.ownId).length,
    at: Date.now(),
  };
}

const NOT_CONFIRMED = 'confirm: it was not chosen both times';

/** A choice without the victims for which there is a reason to spare them. @param place - of the victim, in the order of killing */
export function spare(choice: Choice, reasonOf: (chosen: Chosen, place: number) => string | null): Choice {
  const [victims, spared] = [[] as Chosen[], [...choice.spared]];
  for (const [place, chosen] of choice.victims.entries()) {
    const reason = reasonOf(chosen, place);
    if (reason === null) victims.push(chosen);
    else spared.push({ session: chosen.session, reason });
  }
  return { ...choice, victims, spared };
}

/** Of a choice, those that were chosen the time before as well. @param before - their seen tags */
export const confirmed = (choice: Choice, before: ReadonlySet<string>): Choice =>
  spare(choice, ({ session }) => (before.has(seenTag(session)) ? null : NOT_CONFIRMED));

/** Of a choice, those that a person has seen. @param tags - their session tags */
export const among = (choice: Choice, tags: ReadonlySet<string>): Choice => ({
  ...choice,
  victims: choice.victims.filter(({ session }) => tags.has(sessionTag(session))),
});

/** What a session is called between two looks: itself, and the statement that it runs. */
export const seenTag = (session: Session): string =>
  session.statement === null ? sessionTag(session) : statementTag(session, session.statement);
