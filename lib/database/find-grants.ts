import { AppError } from '../errors.ts';
import type { Row } from './connection.ts';
import type { MissingGrant } from './database.ts';
import type { Dialect } from './dialect.ts';
import { isLacking } from './faults.ts';
import { type Held, privilegesOf, toAccounts, userOf } from './grants.ts';

/** Sends SQL and gives the rows of its last statement. */
type Read = (sql: string) => Promise<readonly Row[]>;

/**
 * What these users hold on the server, see {@link privilegesOf}; nothing where our account may not read it. The user of our
 * own service account gives nobody its power.
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
      // A view that this version does not have is mended by no grant.
      isMissing = (error instanceof AppError && error.code === 'target-privilege-missing') !== (ofServer === true);
    }
    if (isMissing) missing.push({ name, effect, grant: grant(account) });
  }
  return missing;
}
