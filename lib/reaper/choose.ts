import { type Exceptions, type Protection, protectionOf } from '../privileges/protected-sessions.ts';
import { groupKeyOf } from '../sessions/group-key.ts';
import { isUnknown, type Session, type SessionId } from '../sessions/session.ts';
import { type Undecidable, undecidableOf } from './asked.ts';
import { type Facts, factsOf, type Snapshot } from './facts.ts';
import { compileCondition, explainAll, holdAll, type Test } from './match.ts';
import type { Reaper } from './policy-schema.ts';
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

// Reasons are written when they are read: a rule has one for nearly each session, and a report shows a few.
class Victim implements Chosen {
  readonly session: Session;
  private readonly rule: Rule;
  private readonly facts: Facts;
  constructor(rule: Rule, facts: Facts) {
    this.session = facts.session;
    this.rule = rule;
    this.facts = facts;
  }
  get reasons(): readonly string[] {
    return this.rule.match.map((test) => test.explain(this.facts));
  }
}

class Saved implements Spared {
  readonly session: Session;
  /** It is not known whether the rule is for it, and that saves it. */
  readonly inDoubt: boolean;
  private readonly facts: Facts;
  private readonly why: string;
  /** What is explained behind it. */
  private readonly tests: readonly Test[] | null;
  constructor(facts: Facts, inDoubt: boolean, why: string, tests: readonly Test[] | null = null) {
    this.session = facts.session;
    this.inDoubt = inDoubt;
    this.facts = facts;
    this.why = why;
    this.tests = tests;
  }
  get reason(): string {
    const { tests, facts, why } = this;
    if (tests === null) return why;
    return why + explainAll(tests, facts);
  }
}

/** What a rule makes of one look at a server. */
export interface Choice {
  /** In the order of killing: class by class, oldest first. */
  readonly victims: readonly Chosen[];
  readonly spared: readonly Spared[];
  readonly undecidable: readonly Undecidable[];
}

/** What became of one session: the rule is for it; it is not, for several reasons; or the one thing that saved it. */
type Verdict = 'matching' | 'far' | Saved;

function judgeMatch({ match }: Rule, facts: Facts): Verdict {
  const missed: Test[] = [];
  let isFalse = false;
  for (const test of match) {
    const holds = test.holds(facts);
    if (holds === true) continue;
    isFalse ||= holds === false;
    if (isFalse && missed.length > 0) return 'far';
    missed.push(test);
  }
  if (missed.length === 0) return 'matching';
  return new Saved(facts, !isFalse, '', missed);
}

function judge(rule: Rule, facts: Facts, protection: Protection | null): Verdict {
  const { session } = facts;
  if (session.lingering) return new Saved(facts, false, 'it was ended before, and the server still undoes what it did');
  // What a rule spares may be just what the server did not show.
  if (session.readInPart) return new Saved(facts, true, 'the server did not show it in full');
  const matched = judgeMatch(rule, facts);
  if (matched === 'far') return 'far';
  const isSure = matched === 'matching';
  const isNot = !isSure && !matched.inDoubt;
  if (protection !== null) {
    if (isNot) return 'far';
    const inDoubt = isUnknown(session, 'user');
    return inDoubt || isSure ? new Saved(facts, inDoubt, `protected: ${protection.reason}`) : 'far';
  }
  if (isNot) return matched;
  let doubt: Verdict = matched;
  for (const tests of rule.ignore) {
    const holds = holdAll(tests, facts);
    if (holds === false) continue;
    if (holds === true) return isSure ? new Saved(facts, false, 'ignored: ', tests) : 'far';
    if (doubt === 'matching') doubt = new Saved(facts, true, 'ignored: ', tests);
  }
  return doubt;
}

/** What all rules need of a look, made once for it. */
interface Prepared {
  readonly facts: readonly Facts[];
  /** IDs that several rows bear. */
  readonly several: ReadonlySet<SessionId>;
  /** What protects each, by what rules of their kind except. */
  readonly protections: Map<string, readonly (Protection | null)[]>;
}

const prepared = new WeakMap<Snapshot, Prepared>();

function preparedOf(snapshot: Snapshot): Prepared {
  const known = prepared.get(snapshot);
  if (known !== undefined) return known;
  const [seen, several] = [new Set<SessionId>(), new Set<SessionId>()];
  for (const { id } of snapshot.sessions) (seen.has(id) ? several : seen).add(id);
  const made: Prepared = { facts: factsOf(snapshot), several, protections: new Map() };
  prepared.set(snapshot, made);
  return made;
}

function protectionsOf(
  { reaper }: Rule,
  { ownId, engine, sessions }: Snapshot,
  { protections }: Prepared,
  protectedUsers: readonly string[],
): readonly (Protection | null)[] {
  const rules = { ...exceptionsOf(reaper), protectedUsers };
  const key = JSON.stringify(rules);
  const known = protections.get(key);
  if (known !== undefined) return known;
  const made = sessions.map((session) => protectionOf(session, { ownId, engine, ...rules }));
  protections.set(key, made);
  return made;
}

/**
 * Chooses a rule's victims from one look at a server. Pure. What is not known matches nothing and spares, and where it
 * leaves open who is the oldest no session is taken for it; protected sessions are never chosen. Within a class the longest in
 * its command counts as oldest, and on a tie the one listed last (as pt-kill has it).
 */
export function choose(rule: Rule, snapshot: Snapshot, protectedUsers: readonly string[] = []): Choice {
  const { groupBy, victims: wanted, when } = rule.reaper;
  const spared: Spared[] = [];
  const matching: Facts[] = [];
  const doubtful: Facts[] = [];
  const look = preparedOf(snapshot);
  const protections = protectionsOf(rule, snapshot, look, protectedUsers);
  for (const [index, facts] of look.facts.entries()) {
    const verdict = judge(rule, facts, protections[index] ?? null);
    if (verdict === 'far') continue;
    if (verdict !== 'matching') {
      spared.push(verdict);
      if (verdict.inDoubt) doubtful.push(facts);
    } else if (look.several.has(facts.session.id))
      spared.push(new Saved(facts, false, 'several nodes list a session of this ID'));
    else matching.push(facts);
  }
  const victims: Chosen[] = [];
  const { classes, unclassed } = classesOf(matching, doubtful, groupBy);
  for (const one of classes) {
    const unmet = unmetOf(when, one.members, snapshot, one.maybe);
    const isTaken = unmet === null ? takenOf(one, wanted) : () => false;
    for (const facts of one.members) {
      if (isTaken(facts)) victims.push(new Victim(rule, facts));
      else spared.push(new Saved(facts, false, unmet ?? sparedBy(one, facts, wanted)));
    }
  }
  for (const facts of unclassed) spared.push(new Saved(facts, false, `groupBy: its ${groupBy} is not known`));
  return { victims, spared, undecidable: undecidableOf(rule.reaper, snapshot) };
}

type Victims = Rule['reaper']['victims'];

/** True where one of these may have been in its command for as long as the other. */
const mayBeOlder = (others: readonly Facts[], time: number): boolean =>
  others.some(({ session }) => session.time === null || session.time >= time);

/** Which are victims whatever is not known turns out to be. */
function takenOf({ members, maybe: others }: Class, victims: Victims): (facts: Facts) => boolean {
  if (victims === 'all') return () => true;
  const [oldest] = members;
  const time = oldest?.session.time ?? null;
  if (time === null) return () => false;
  const isAged = ({ session }: Facts): boolean => session.time !== null;
  if (victims === 'all-but-oldest') return (facts) => facts !== oldest && isAged(facts);
  const isSure = !mayBeOlder(others, time) && members.every(isAged);
  return (facts) => isSure && facts === oldest;
}

/** Why one of a class is no victim though it matches. */
function sparedBy({ members }: Class, facts: Facts, victims: Victims): string {
  const isInDoubt = facts.session.time === null || (victims === 'oldest' && facts === members[0]);
  return `victims: ${victims}${isInDoubt ? ', and who is the oldest is not known' : ''}`;
}

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

/** Longest in its command first; on a tie the one listed last. One whose time is unknown comes last. */
function byAge(members: readonly Facts[]): readonly Facts[] {
  const age = ({ session }: Facts): number => session.time ?? -1;
  return members.toReversed().toSorted((a, b) => age(b) - age(a));
}

/** Sessions that a rule takes as one. */
interface Class {
  /** Those that certainly belong to it, oldest first. */
  readonly members: readonly Facts[];
  /** Those that may or may not belong to it. */
  readonly maybe: readonly Facts[];
}

/**
 * The sessions in classes, in the order of the list, and those that match and whose class is not known. Without a column it is
 * one class.
 *
 * @param maybe - those that may or may not match
 */
export function classesOf(
  matching: readonly Facts[],
  maybe: readonly Facts[],
  groupBy: Reaper['groupBy'],
): { readonly classes: readonly Class[]; readonly unclassed: readonly Facts[] } {
  if (groupBy === undefined) return { classes: [{ members: byAge(matching), maybe }], unclassed: [] };
  const inClasses = (all: readonly Facts[]) => {
    const { known = [], unknown = [] } = Object.groupBy(all, ({ session }) =>
      groupKeyOf(session, groupBy) === undefined ? 'unknown' : 'known',
    );
    return { unknown, classes: Map.groupBy(known, ({ session }) => groupKeyOf(session, groupBy)) };
  };
  const sure = inClasses(matching);
  const unsure = inClasses(maybe);
  // Each of these may belong to any class.
  const anywhere = [...unsure.unknown, ...sure.unknown];
  const classes = [...sure.classes].map(([key, members]): Class => {
    const near = unsure.classes.get(key) ?? [];
    return { members: byAge(members), maybe: near.length === 0 ? anywhere : [...near, ...anywhere] };
  });
  return { classes, unclassed: sure.unknown };
}
