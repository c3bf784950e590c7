import type { Database } from '../database/database.ts';
import { resolveAccess } from '../privileges/access-rules.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import type { Viewer } from './session-view.ts';

/** Works out what a principal may see on a target, asking the database for privileges where a rule says so. */
export async function viewerOf(
  { config }: Pick<Services, 'config'>,
  principal: Principal,
  target: string,
  database: Pick<Database, 'privilegesOf'>,
  full = false,
): Promise<Viewer> {
  const access = await resolveAccess(config.access, principal, target, (users) => database.privilegesOf(users));
  return { access, protectedUsers: config.protected.users, full };
}
