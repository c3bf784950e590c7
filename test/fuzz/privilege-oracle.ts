import type { AccessRule } from '../../lib/config/config-schema.ts';
import type { Principal } from '../../lib/privileges/principal.ts';

/** `*` is any run of characters. Not the product's own: a regular expression, which may be slow and cannot be wrong. */
const patterns = new Map<string, RegExp>();
function fits(glob: string, text: string | undefined): boolean {
  if (text === undefined) return false;
  const pattern =
    patterns.get(glob) ??
    new RegExp(
      `^${glob
        .split('*')
        .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
        .join('[^]*')}$`,
    );
  patterns.set(glob, pattern);
  return pattern.test(text);
}

interface Right {
  process: boolean;
  super: boolean;
  readonly users: Set<string>;
}

/** What the principal has, written down from docs/configuration.md without a look at the code. */
export function rightOf(
  rules: readonly AccessRule[],
  principal: Principal,
  target: string,
  held: ReadonlyMap<string, Right>,
): Right {
  const right: Right = { process: false, super: false, users: new Set() };
  const parts = (principal.claims['email'] ?? '').split('@');
  const isVerified = principal.claims['email_verified'] === 'true';
  const email = isVerified && parts.length === 2 && parts[0] && parts[1] ? principal.claims['email'] : undefined;
  const values: Record<string, string | undefined> = {
    sub: principal.subject,
    email,
    'email.local': email && parts[0],
    team: principal.claims['team'] || undefined,
  };
  for (const { who, targets, users, privileges } of rules) {
    if (!targets.some((glob) => fits(glob, target))) continue;
    if (Object.keys(who).length === 0) continue;
    if (who.sub !== undefined && !fits(who.sub, values['sub'])) continue;
    if (who.email !== undefined && !fits(who.email, values['email'])) continue;
    if (who.group !== undefined && !principal.groups.some((group) => fits(who.group ?? '', group))) continue;
    if (who.claim?.['team'] !== undefined && !fits(who.claim['team'], values['team'])) continue;
    const own = users.flatMap((template) => {
      const name = /\{(.*)\}/.exec(template)?.[1];
      const value = name === undefined ? '' : values[name];
      return value === undefined || (name !== undefined && value === 'root')
        ? []
        : [template.replace(/\{.*\}/, () => value)];
    });
    for (const user of own) right.users.add(user);
    const people = own.filter((user) => user !== 'root');
    const given =
      privileges === 'from-database'
        ? {
            process: people.length > 0 && people.every((user) => held.get(user)?.process),
            super: people.length > 0 && people.every((user) => held.get(user)?.super),
          }
        : { process: privileges.includes('PROCESS'), super: privileges.includes('SUPER') };
    right.process ||= given.process;
    right.super ||= given.super;
  }
  return right;
}
