import { AppError } from '../errors.ts';
import type { Row } from './connection.ts';
import type { MissingGrant } from './database.ts';
import type { Dialect } from './dialect.ts';
import { isLacking } from './faults.ts';
import { type Held, privilegesOf, toAccounts } from './grants.ts';

/** Sends SQL and gives the rows of its last statement. */
type Read = (sql: string) => Promise<readonly Row[]>;

/** What these users hold on the server, see {@link privilegesOf}; nothing where our account may not read it. */
export async function readPrivileges(read: Read, dialect: Dialect, users: readonly string[]): Promise<Held> {
  const readable = (sql: string): Promise<readonly Row[]> =>
    read(sql).catch((error) => {
      if (isLacking(error, dialect)) return [];
      throw error;
    });
  const { held, roles, everybody } = dialect.privileges;
  const list = (await readable(everybody))[0]?.['roles'];
  return privilegesOf(
    users,
    await readable(held),
    await readable(roles),
    dialect.superPrivileges,
    toAccounts(String(list ?? '')),
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
