import { protectionOf } from '../privileges/protected-sessions.ts';
import type { Session } from '../sessions/session.ts';
import { classesOf } from './classes.ts';
import { type Facts, factsOf, type Snapshot } from './facts.ts';
import { allHold, explainAll } from './match.ts';
import type { Rule } from './rule.ts';
import { unmetOf } from './when.ts';

/** A session that a rule ends, and the conditions that hit with their values. */
export interface Chosen {
  readonly session: Session;
  readonly reasons: readonly string[];
}

/** A session that a rule all but ended, and what saved it. */
export interface Spared {
  readonly session: Session;
  readonly reason: string;
}

/** What a rule makes of one look at a server. */
export interface Choice {
  /** In the order of killing: class by class, oldest first. */
  readonly victims: readonly Chosen[];
  readonly spared: readonly Spared[];
}

/** What became of one session: it matches, one thing kept it from that, or several did. */
type Verdict = 'matches' | 'far' | { readonly savedBy: string };

function judge(rule: Rule, facts: Facts, snapshot: Snapshot, protectedUsers: readonly string[]): Verdict {
  // What a rule spares may be just what the server did not show.
  if (facts.session.readInPart) return { savedBy: 'the server did not show it in full' };
  let missed: string | null = null;
  for (const test of rule.match) {
    if (test.holds(facts) === true) continue;
    if (missed !== null) return 'far';
    missed = test.explain(facts);
  }
  const { replication } = rule.reaper;
  const { ownId, engine } = snapshot;
  const protection = protectionOf(facts.session, { ownId, engine, protectedUsers, replication });
  if (missed !== null) return protection === null ? { savedBy: missed } : 'far';
  if (protection !== null) return { savedBy: `protected: ${protection.reason}` };
  for (const tests of rule.ignore) {
    // A text that is absent (no statement, no database) is none of those to be ignored; an unknown time may be.
    const holds = allHold(tests, facts);
    if (holds === true || (holds === undefined && !isAbsentText(facts, tests)))
      return { savedBy: `ignored: ${explainAll(tests, facts)}` };
  }
  return 'matches';
}

const isAbsentText = (facts: Facts, tests: Rule['match']): boolean =>
  tests.some((test) => test.isText && test.holds(facts) === undefined);

/**
 * Chooses a rule's victims from one look at a server. Pure. Unknown values match nothing; protected sessions are never
 * chosen. Within a class the longest in its command counts as oldest, and on a tie the one listed last (as pt-kill has it).
 */
export function choose(rule: Rule, snapshot: Snapshot, protectedUsers: readonly string[] = []): Choice {
  const spared: Spared[] = [];
  const matching: Facts[] = [];
  const rowsOf = Map.groupBy(snapshot.sessions, ({ id }) => id);
  for (const facts of factsOf(snapshot)) {
    const { session } = facts;
    const verdict = judge(rule, facts, snapshot, protectedUsers);
    if (verdict === 'far') continue;
    if (verdict !== 'matches') spared.push({ session, reason: verdict.savedBy });
    else if ((rowsOf.get(session.id)?.length ?? 0) > 1)
      spared.push({ session, reason: 'several nodes list a session of this ID' });
    else matching.push(facts);
  }
  const victims: Chosen[] = [];
  for (const members of classesOf(matching, rule.reaper.groupBy)) {
    const unmet = unmetOf(rule.reaper.when, members, snapshot);
    const taken = unmet === null ? takenOf(members, rule.reaper.victims) : new Set<Facts>();
    for (const facts of members) {
      if (taken.has(facts))
        victims.push({ session: facts.session, reasons: rule.match.map((test) => test.explain(facts)) });
      else spared.push({ session: facts.session, reason: unmet ?? `victims: ${rule.reaper.victims}` });
    }
  }
  return { victims, spared };
}

function takenOf(members: readonly Facts[], victims: Rule['reaper']['victims']): ReadonlySet<Facts> {
  if (victims === 'all') return new Set(members);
  return new Set(victims === 'oldest' ? members.slice(0, 1) : members.slice(1));
}
