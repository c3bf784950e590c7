import { protectionOf } from '../privileges/protected-sessions.ts';
import { isUnknown, type Session } from '../sessions/session.ts';
import { type Class, classesOf } from './classes.ts';
import { type Facts, factsOf, type Snapshot } from './facts.ts';
import { explainAll, holdAll } from './match.ts';
import { exceptionsOf, type Rule } from './rule.ts';
import { type Undecidable, undecidableOf } from './undecidable.ts';
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
  readonly undecidable: readonly Undecidable[];
}

/** What became of one session: the rule is for it; it surely is not; or nobody can say, and that saves it. */
interface Verdict {
  readonly is: 'matching' | 'not' | 'maybe';
  /** The one thing that saved it; `null` where several did. */
  readonly savedBy: string | null;
}

const MATCHING: Verdict = { is: 'matching', savedBy: null };
const FAR: Verdict = { is: 'not', savedBy: null };
const not = (savedBy: string): Verdict => ({ is: 'not', savedBy });
const maybe = (savedBy: string): Verdict => ({ is: 'maybe', savedBy });

function judgeMatch(rule: Rule, facts: Facts): Verdict {
  const missed: string[] = [];
  let isFalse = false;
  for (const test of rule.match) {
    const holds = test.holds(facts);
    if (holds === true) continue;
    isFalse ||= holds === false;
    missed.push(test.explain(facts));
    if (isFalse && missed.length > 1) return FAR;
  }
  if (missed.length === 0) return MATCHING;
  return isFalse ? not(missed.join('; ')) : maybe(missed.join('; '));
}

function judge(rule: Rule, facts: Facts, snapshot: Snapshot, protectedUsers: readonly string[]): Verdict {
  const { session } = facts;
  if (session.lingering) return not('it was ended before, and the server still undoes what it did');
  // What a rule spares may be just what the server did not show.
  if (session.readInPart) return maybe('the server did not show it in full');
  const matched = judgeMatch(rule, facts);
  if (matched.is === 'not' && matched.savedBy === null) return FAR;
  const { ownId, engine } = snapshot;
  const protection = protectionOf(session, { ownId, engine, protectedUsers, ...exceptionsOf(rule.reaper) });
  if (protection !== null) {
    if (matched.is === 'not') return FAR;
    const savedBy = `protected: ${protection.reason}`;
    return isUnknown(session, 'user') ? maybe(savedBy) : matched.is === 'matching' ? not(savedBy) : FAR;
  }
  if (matched.is === 'not') return matched;
  let doubt = matched;
  for (const tests of rule.ignore) {
    const holds = holdAll(tests, facts);
    if (holds === false) continue;
    const savedBy = `ignored: ${explainAll(tests, facts)}`;
    if (holds === true) return matched.is === 'matching' ? not(savedBy) : FAR;
    if (doubt.is === 'matching') doubt = maybe(savedBy);
  }
  return doubt;
}

/**
 * Chooses a rule's victims from one look at a server. Pure. What is not known matches nothing and spares, and where it
 * leaves open who is the oldest nobody is taken for it; protected sessions are never chosen. Within a class the longest in
 * its command counts as oldest, and on a tie the one listed last (as pt-kill has it).
 */
export function choose(rule: Rule, snapshot: Snapshot, protectedUsers: readonly string[] = []): Choice {
  const { groupBy, victims: wanted, when } = rule.reaper;
  const spared: Spared[] = [];
  const matching: Facts[] = [];
  const doubtful: Facts[] = [];
  const rowsOf = Map.groupBy(snapshot.sessions, ({ id }) => id);
  for (const facts of factsOf(snapshot)) {
    const { session } = facts;
    const { is, savedBy } = judge(rule, facts, snapshot, protectedUsers);
    if (savedBy !== null) spared.push({ session, reason: savedBy });
    if (is === 'maybe') doubtful.push(facts);
    if (is !== 'matching') continue;
    if ((rowsOf.get(session.id)?.length ?? 0) > 1)
      spared.push({ session, reason: 'several nodes list a session of this ID' });
    else matching.push(facts);
  }
  const victims: Chosen[] = [];
  const { classes, unclassed } = classesOf(matching, doubtful, groupBy);
  for (const one of classes) {
    const unmet = unmetOf(when, one.members, snapshot, one.maybe);
    const taken = unmet === null ? takenOf(one, wanted) : new Set<Facts>();
    for (const facts of one.members) {
      const { session } = facts;
      if (taken.has(facts)) victims.push({ session, reasons: rule.match.map((test) => test.explain(facts)) });
      else spared.push({ session, reason: unmet ?? sparedBy(one, facts, wanted) });
    }
  }
  for (const { session } of unclassed) spared.push({ session, reason: `groupBy: its ${groupBy} is not known` });
  return { victims, spared, undecidable: undecidableOf(rule.reaper, snapshot) };
}

type Victims = Rule['reaper']['victims'];

/** True where one of these may have been in its command for as long as the other. */
const mayBeOlder = (others: readonly Facts[], time: number): boolean =>
  others.some(({ session }) => session.time === null || session.time >= time);

/** Those that are victims whatever is not known turns out to be. */
function takenOf({ members, maybe: others }: Class, victims: Victims): ReadonlySet<Facts> {
  if (victims === 'all') return new Set(members);
  const [oldest] = members;
  const time = oldest?.session.time ?? null;
  if (oldest === undefined || time === null) return new Set();
  const isAged = ({ session }: Facts): boolean => session.time !== null;
  if (victims === 'all-but-oldest') return new Set(members.slice(1).filter(isAged));
  return new Set(mayBeOlder(others, time) || !members.every(isAged) ? [] : [oldest]);
}

/** Why one of a class is no victim though it matches. */
function sparedBy({ members }: Class, facts: Facts, victims: Victims): string {
  const isInDoubt = facts.session.time === null || (victims === 'oldest' && facts === members[0]);
  return `victims: ${victims}${isInDoubt ? ', and who is the oldest is not known' : ''}`;
}
