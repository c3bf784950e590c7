import type { AccessRule, Who } from '../config/config-schema.ts';
import type { Session } from '../sessions/session.ts';
import { anyGlobMatches, globMatches } from './glob.ts';
import type { Principal } from './principal.ts';
import { isSystemUser } from './protected-sessions.ts';

/**
 * The value of a verified claim that is text and not empty; `undefined` otherwise. `sub` is the principal's subject.
 *
 * `email` counts only where it holds exactly one `@` with something on both sides, and where `email_verified` is `true`:
 * otherwise the person may have typed any address (OpenID Connect Core 5.1). An issuer of a company's own people may leave
 * the claim out; {@link believeEmail} makes that count where the configuration says so.
 */
export function claimOf(principal: Principal, name: string): string | undefined {
  if (name === 'sub') return principal.subject || undefined;
  if (name === 'email') return emailOf(principal);
  return ownClaim(principal, name) || undefined;
}

/**
 * The database users that the templates of a rule stand for: `{name}` is a claim (see {@link claimOf}), `{email.local}`
 * what comes before the `@` of the email. A template with a claim that is missing or empty gives no user. Values are put
 * in as they are: a `*` in a claim is a `*` in the user's name, nothing more. No one becomes a server's or vendor's own user,
 * `root` among them, by a name at the issuer: a rule gives those only by writing them out.
 */
export function usersOf(templates: readonly string[], principal: Principal): readonly string[] {
  const users = templates.map((template) => {
    const user = fill(template, principal);
    return user !== undefined && user !== template && isSystemUser(user) ? undefined : user;
  });
  return [...new Set(users.filter((user): user is string => Boolean(user)))];
}

function fill(template: string, principal: Principal): string | undefined {
  let complete = true;
  const user = template.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const value = name === 'email.local' ? emailOf(principal)?.split('@')[0] : claimOf(principal, name);
    if (value === undefined) complete = false;
    // Stryker disable next-line StringLiteral: what is not complete is thrown away
    return value ?? '';
  });
  return complete ? user : undefined;
}

function emailOf(principal: Principal): string | undefined {
  const verified = ownClaim(principal, 'email_verified');
  if (verified !== 'true') return undefined;
  const email = ownClaim(principal, 'email');
  const sides = email?.split('@');
  return sides?.length === 2 && sides.every((side) => side !== '') ? email : undefined;
}

// `claims.toString` and its like are inherited, and are no one's claim.
const ownClaim = (principal: Principal, name: string): string | undefined =>
  Object.hasOwn(principal.claims, name) ? principal.claims[name] : undefined;

/** Asks the database what these users hold there, as `Database.privilegesOf` does. */
export type PrivilegesOf = (
  users: readonly string[],
) => Promise<{ readonly process: boolean; readonly super: boolean }>;

/**
 * What the principal has on the target: the union of all rules that match, and nothing where none does.
 *
 * The database is asked only for rules with `from-database`, each with that rule's own users, one after another since
 * there is one connection; a rule whose templates give no user is not asked for. What `privilegesOf` throws passes through.
 */
export async function resolveAccess(
  rules: readonly AccessRule[],
  principal: Principal,
  target: string,
  privilegesOf: PrivilegesOf,
): Promise<Access> {
  const matching = rules.filter((rule) => ruleMatches(rule, principal, target));
  const users = new Set<string>();
  const held = { process: false, super: false };
  const free = { super: false, users: [] as string[] };
  const approvals: ApprovalTerms[] = [];
  const grants: RuleGrant[] = [];

  for (const rule of matching) {
    const own = usersOf(rule.users, principal);
    for (const user of own) users.add(user);
    const granted = await grantedBy(rule, own, privilegesOf);
    held.process ||= granted.process;
    held.super ||= granted.super;
    const { approval } = rule;
    const name = nameOf(rule, rules.indexOf(rule));
    if (granted.super || own.length > 0)
      grants.push({ rule: name, super: granted.super, users: own, needsApproval: approval !== undefined });
    if (approval === undefined) {
      free.super ||= granted.super;
      free.users.push(...own);
    } else {
      const withinSeconds = Number.parseInt(approval.within, 10) * 60;
      approvals.push({ super: granted.super, users: own, by: approval.by, withinSeconds });
    }
  }
  const fullStatements = matching.some((rule) => rule.statements === 'full');
  const access = { ...held, users: [...users], fullStatements, ...(grants.length > 0 && { grants }) };
  return approvals.length === 0 ? access : { ...access, approvals, withoutApproval: free };
}

/**
 * True where some rule opens the target to the principal: it matches, and gives a privilege or a user. Without asking
 * the database, so a rule with `from-database` counts by its users.
 */
export const mayUseTarget = (rules: readonly AccessRule[], principal: Principal, target: string): boolean =>
  rules.some((rule) => ruleMatches(rule, principal, target) && givesSomething(rule, principal));

const givesSomething = (rule: AccessRule, principal: Principal): boolean =>
  (rule.privileges !== 'from-database' && rule.privileges.length > 0) || usersOf(rule.users, principal).length > 0;

async function grantedBy(rule: AccessRule, users: readonly string[], privilegesOf: PrivilegesOf) {
  if (rule.privileges !== 'from-database') {
    return { process: rule.privileges.includes('PROCESS'), super: rule.privileges.includes('SUPER') };
  }
  // Who is called `root` at the issuer does not become root of the server.
  const people = users.filter((user) => !isSystemUser(user));
  return people.length > 0 ? await privilegesOf(people) : { process: false, super: false };
}

/** A rule as the record names it: rules have no names, and their places change, so it says whom it is for as well. */
const nameOf = ({ who }: AccessRule, place: number): string =>
  `access[${place}] ${Object.entries(who)
    .map(([name, wanted]) => `${name}: ${typeof wanted === 'string' ? wanted : JSON.stringify(wanted)}`)
    .join(', ')}`.slice(0, 200);

const ruleMatches = (rule: AccessRule, principal: Principal, target: string): boolean =>
  anyGlobMatches(rule.targets, target) && isMeant(rule.who, principal);

/** True where every condition of `who` holds for the principal. */
export function isMeant(who: Who, principal: Principal): boolean {
  const conditions: boolean[] = [];
  const holds = (pattern: string, value: string | undefined) =>
    conditions.push(value !== undefined && globMatches(pattern, value));

  const { sub, email, role, claim, group, ...chats } = who;
  if (sub !== undefined) holds(sub, claimOf(principal, 'sub'));
  if (email !== undefined) holds(email, claimOf(principal, 'email'));
  // A JWT's issuer may put any text into `sub`, a role's ARN too.
  if (role !== undefined) holds(role, principal.source === 'iam' ? principal.subject : undefined);
  for (const [name, pattern] of Object.entries(claim ?? {})) holds(pattern, claimOf(principal, name));
  // Whatever else is asked is an identity of a chat, and must hold there.
  for (const [source, pattern] of Object.entries(chats)) {
    const known = principal.source === source ? (principal.chat?.identities ?? []) : [];
    if (pattern !== undefined) conditions.push(known.some((identity) => globMatches(pattern, identity)));
  }
  if (group !== undefined) conditions.push(principal.groups.some((name) => globMatches(group, name)));

  // `every` of nothing is true: a rule that names no one must be a rule for no one.
  return conditions.length > 0 && conditions.every(Boolean);
}

/** What a principal has on one target, worked out from the access rules and, where they say so, from the database. */
export interface Access {
  /** PROCESS: views all sessions. */
  readonly process: boolean;
  /** SUPER: ends all sessions and statements. */
  readonly super: boolean;
  /** Database users that count as the principal's own. Compared byte for byte. */
  readonly users: readonly string[];
  /** May read statement texts with their literals. */
  readonly fullStatements: boolean;
  /** What may be ended only once a second person has approved it; `super` and `users` above include it. */
  readonly approvals?: readonly ApprovalTerms[];
  /** What may be ended without; given wherever `approvals` is. */
  readonly withoutApproval?: { readonly super: boolean; readonly users: readonly string[] };
  /** What each rule gives, for the record to name the one that allows a kill. */
  readonly grants?: readonly RuleGrant[];
}

/** What one rule gives. */
export interface RuleGrant {
  /** Its place in warden.yaml and whom it is for: `access[1] group: dba`. */
  readonly rule: string;
  readonly super: boolean;
  readonly users: readonly string[];
  readonly needsApproval: boolean;
}

/** What one rule gives on the condition of an approval. */
export interface ApprovalTerms {
  readonly super: boolean;
  readonly users: readonly string[];
  readonly by: Approvers;
  readonly withinSeconds: number;
}

/** Who may approve: whom an access rule names; `able` is any known person who could end it themselves, without asking. */
export type Approvers = Who | 'able';

// The rule (OceanBase documentation of KILL): "With PROCESS you view all sessions. With SUPER you terminate all sessions
// and statements. Otherwise you view and terminate only your own." seekdb enforces none of it, so it is enforced here.

type Owned = Pick<Session, 'user'> & Partial<Pick<Session, 'foreignTenant'>>;

/**
 * True where the session's database user counts as the principal's own, byte for byte. A session without user, and one of
 * the anonymous user, belongs to no one. A user of another tenant than our account's is another user: a rule names it `user@tenant`.
 */
export function isOwn({ users }: Access, { user, foreignTenant }: Owned): boolean {
  if (user === null || user === '') return false;
  return users.includes(foreignTenant === undefined ? user : `${user}@${foreignTenant}`);
}

/** True where the principal may know that the session exists: with PROCESS every one, otherwise its own. */
export const mayView = (access: Access, session: Owned): boolean => access.process || isOwn(access, session);

/**
 * True where the principal may end the session or its statement: with SUPER every one, otherwise its own. SUPER alone
 * does not let it view others' sessions, and whether a session is protected is asked apart (`protectedReason`).
 */
export const mayEnd = (access: Access, session: Owned): boolean => access.super || isOwn(access, session);
