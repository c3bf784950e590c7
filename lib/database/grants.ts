import { AppError } from '../errors.ts';
import type { UnknownName } from '../sessions/session.ts';
import type { Engine, MissingGrant, Row } from './database.ts';
import type { Dialect } from './dialect.ts';
import { DIALECTS } from './dialects/index.ts';
import { rdsProcedures } from './dialects/managed.ts';
import { isLacking } from './faults.ts';

/** PROCESS, and SUPER or what took its place. */
export interface Held {
  readonly process: boolean;
  readonly super: boolean;
}

const NONE: Held = { process: false, super: false };

/** `'user'@'host'` → user. The host holds no `'@'`, a user's name may. */
const userOf = (grantee: string): string => grantee.slice(1, Math.max(1, grantee.lastIndexOf("'@'")));

/**
 * What database users hold by the server's own grants. A user name counts as holding a privilege only if every account
 * of that name that can log in (`'ada'@'%'`, `'ada'@'10.%'`) holds it, since a session does not tell which account let it
 * in. What roles give counts, also roles of roles, active or not; a role's own name is no user's.
 *
 * @param held - rows `grantee`, `privilege`
 * @param roles - rows `role`, `member`, accounts as `'user'@'host'`
 * @param everybody - roles that every account has (MySQL's `mandatory_roles`, MariaDB's PUBLIC)
 * @param barred - rows `account`: those that no one can log in as
 */
export function privilegesOf(
  users: readonly string[],
  held: readonly Row[],
  roles: readonly Row[],
  superPrivileges: readonly string[],
  everybody: readonly string[] = [],
  barred: readonly Row[] = [],
): Held {
  const direct = new Map<string, Set<string>>();
  for (const row of held) {
    const grantee = String(row['grantee']);
    direct.set(grantee, (direct.get(grantee) ?? new Set()).add(String(row['privilege'])));
  }
  const rolesOf = (account: string): string[] =>
    roles.filter((row) => row['member'] === account).map((row) => String(row['role']));
  const holds = (account: string): Held => {
    const seen = new Set<string>();
    const open = [account, ...everybody];
    let result = NONE;
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...rolesOf(next));
      const own = direct.get(next) ?? new Set();
      result = {
        process: result.process || own.has('PROCESS'),
        super: result.super || superPrivileges.some((name) => own.has(name)),
      };
    }
    return result;
  };
  const shut = new Set(barred.map((row) => String(row['account'])));
  const ofUser = (user: string): Held => {
    const accounts = [...direct.keys()].filter((name) => userOf(name) === user && !shut.has(name)).map(holds);
    if (accounts.length === 0) return NONE;
    return { process: accounts.every((a) => a.process), super: accounts.every((a) => a.super) };
  };
  const all = users.map(ofUser);
  return { process: all.some((a) => a.process), super: all.some((a) => a.super) };
}

const NAME = [`'(?:[^']|'')*'`, `"(?:[^"]|"")*"`, '`(?:[^`]|``)*`', `[^\\s,@'"]+`].join('|');
const IN_A_LIST = new RegExp(`(${NAME})(?:@(${NAME}))?`, 'g');
const unquoted = (name: string): string => {
  const [quote = ''] = /^['"`]/.exec(name) ?? [];
  return quote === '' ? name : name.slice(1, -1).replaceAll(quote + quote, quote);
};

/** A list of accounts as a server's variable holds it, `a,'b'@localhost` → `'a'@'%'`, `'b'@'localhost'`. */
export const toAccounts = (list: string): readonly string[] =>
  [...list.matchAll(IN_A_LIST)].map(([, user = '', host = '%']) => `'${unquoted(user)}'@'${unquoted(host)}'`);

/**
 * What our own account holds, active roles expanded by the server, from `SHOW GRANTS`. MariaDB prints a password hash
 * there: the text is read here and goes nowhere else.
 */
export function ownPrivileges(showGrants: readonly Row[], superPrivileges: readonly string[]): Held {
  const granted = showGrants.flatMap((row) => {
    const list = /^GRANT (.*) ON \*\.\* TO /.exec(String(Object.values(row)[0]))?.[1];
    return list === undefined ? [] : list.split(',').map((name) => name.trim());
  });
  const has = (name: string): boolean => granted.includes(name) || granted.includes('ALL PRIVILEGES');
  return { process: has('PROCESS'), super: superPrivileges.some(has) };
}

/** Sends SQL and gives the rows of its last statement. */
type Read = (sql: string) => Promise<readonly Row[]>;

/**
 * What these users hold on the server, see {@link privilegesOf}; nothing where our account may not read it. The user of our
 * own service account gives no one its power.
 *
 * @param account - our own, `'user'@'host'`
 */
export async function readPrivileges(
  read: Read,
  dialect: Dialect,
  users: readonly string[],
  account: string,
): Promise<Held> {
  const readable = (sql: string): Promise<readonly Row[] | undefined> =>
    read(sql).catch((error) => {
      if (isLacking(error, dialect)) return undefined;
      throw error;
    });
  const { held, roles, everybody, barred } = dialect.privileges;
  const shut = await readable(barred);
  // Who can log in must be known, or a role would count as a person.
  if (shut === undefined) return { process: false, super: false };
  const list = (await readable(everybody))?.[0]?.['roles'];
  return privilegesOf(
    users.filter((user) => user.toLowerCase() !== userOf(account).toLowerCase()),
    (await readable(held)) ?? [],
    (await readable(roles)) ?? [],
    dialect.superPrivileges,
    toAccounts(String(list ?? '')),
    shut,
  );
}

/** Tries each of the dialect's needs, and tells those that our account lacks. */
export async function findMissingGrants(
  read: Read,
  dialect: Dialect,
  account: string,
): Promise<readonly MissingGrant[]> {
  const missing: MissingGrant[] = [];
  for (const { name, effect, probe, ofServer, grant } of dialect.needs) {
    let isMissing = false;
    try {
      isMissing = (await read(probe)).length > 0 && ofServer === true;
    } catch (error) {
      // What a call answers that may be made does not matter.
      if (!isLacking(error, dialect) && probe.startsWith('CALL ')) continue;
      if (!isLacking(error, dialect)) throw error;
      // No grant adds a view that this version does not have.
      isMissing = (error instanceof AppError && error.code === 'target-privilege-missing') !== (ofServer === true);
    }
    if (isMissing) missing.push({ name, effect, grant: grant(account) });
  }
  return missing;
}

/** The right to see the sessions of others. */
export const processGrant = (account: string): MissingGrant => ({
  name: 'PROCESS',
  effect: 'Only sessions of our own account are seen.',
  grant: `GRANT PROCESS ON *.* TO ${account}`,
});

/** The right to end them, by the engine's own name for it. */
export const superGrant = (privilege: string, account: string): MissingGrant => ({
  name: privilege,
  effect: 'Only sessions of our own account can be ended, and the slot reserved for a full server is closed to us.',
  grant: `GRANT ${privilege} ON *.* TO ${account}`,
});

/** Of what an account lacks, the statements that would have the server show it a field. */
export const grantsThatShow = (
  field: UnknownName | 'locks' | 'connections',
  engine: Engine,
  missing: readonly MissingGrant[],
): readonly string[] => {
  const names = DIALECTS[engine].shownBy[field] ?? [];
  return missing.filter(({ name }) => names.includes(name)).map(({ grant }) => grant);
};

/** What an account needs for everything, and what it needs only where access rules say `from-database`. */
interface AccountGrants {
  readonly needed: readonly MissingGrant[];
  readonly forRules: readonly MissingGrant[];
}

/**
 * The least that a service account needs, told without asking a server.
 *
 * @param account - as the server writes it, `'warden'@'%'`
 * @param managed - RDS and Aurora, where sessions are ended by procedures of the vendor
 */
export function accountGrants(engine: Engine, account: string, managed: boolean): AccountGrants {
  const dialect: Dialect = DIALECTS[engine];
  const grantOf = ({ name, effect, grant }: Dialect['needs'][number]): MissingGrant => ({
    name,
    effect,
    grant: grant(account),
  });
  const [forRules, needs] = [true, undefined].map((only) =>
    dialect.needs.filter(({ forRulesOnly, ofServer }) => forRulesOnly === only && !ofServer).map(grantOf),
  );
  const kills = managed
    ? rdsProcedures(dialect.killsStatementsExactly).map((name) => ({
        name: `EXECUTE on mysql.${name}`,
        effect: 'Only sessions of our own account can be ended.',
        grant: `GRANT EXECUTE ON PROCEDURE mysql.${name} TO ${account}`,
      }))
    : [superGrant(dialect.superPrivileges.at(-1) ?? 'SUPER', account)];
  return { needed: [processGrant(account), ...kills, ...(needs ?? [])], forRules: forRules ?? [] };
}
