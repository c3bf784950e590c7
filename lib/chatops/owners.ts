import type { WardenConfig } from '../config.ts';
import { resolveAccess } from '../privileges/access-rules.ts';
import { isPersonChannel } from './channel-names.ts';
import { principalOfPerson } from './principal-from-chat.ts';

/** A message that rings more telephones than this is read by none. */
const MAX_MENTIONS = 10;

/**
 * The IDs, on the channel of a place, of those people of the table whose own the database users are by some access rule.
 * Who may end everything owns nothing by that.
 */
export async function ownersOf(
  { access, chat }: Pick<WardenConfig, 'access' | 'chat'>,
  place: string,
  target: string,
  users: ReadonlySet<string>,
): Promise<readonly string[]> {
  const channel = place.slice(0, place.indexOf(':'));
  if (!isPersonChannel(channel)) return [];
  const owners: string[] = [];
  for (const person of chat.people) {
    const id = person[channel]?.split('/').at(-1);
    if (id === undefined) continue;
    const principal = principalOfPerson(person, channel);
    const { users: own } = await resolveAccess(access, principal, target, async () => ({
      process: false,
      super: false,
    }));
    if (own.some((user) => users.has(user))) owners.push(id);
  }
  return owners.slice(0, MAX_MENTIONS);
}
