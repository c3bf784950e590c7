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
 * what stands before the `@` of the email. A template with a claim that is missing or empty gives no user. Values are put
 * in as they are: a `*` in a claim is a `*` in the user's name, nothing more. Nobody becomes a server's or vendor's own user,
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

// `claims.toString` and its like are inherited, and are nobody's claim.
const ownClaim = (principal: Principal, name: string): string | undefined =>
  Object.hasOwn(principal.claims, name) ? principal.claims[name] : undefined;
