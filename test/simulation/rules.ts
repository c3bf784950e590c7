import type { Victim } from '../../lib/database/database.ts';
import { victimTag } from '../../lib/reaper/asked.ts';
import type { KillKind } from '../../lib/sessions/session.ts';
import { warningName } from '../../lib/state/warning-store.ts';
import { type House, TARGET } from './house.ts';
import type { Client } from './world.ts';

const SECOND = 1_000;
const WARNED_BEFORE = 60 * SECOND;
/** Servers count whole seconds, each from its own beginning. */
const ROUNDED = 2 * SECOND;

/** Whom a rule may ever take, by what it says of users and of what is ended. */
export const mayBeTaken = (rule: string, { user }: Client, kind: KillKind): boolean =>
  rule === 'busy' || (user.startsWith('app') && kind === 'connection');

/** Why a rule must not end this one now: what it says, in words of its own. */
export function keepsFrom(rule: string, victim: Victim, client: Client, house: House): string | undefined {
  const { now } = house.world;
  const { running, since } = client;
  if (client.isObscure) return 'what the rule asks for is unknown';
  switch (rule) {
    case 'busy':
      if (running !== house.rows.seen(victim.session)?.execution) return 'it runs another statement';
      return running !== null && now - running.startedAt < 5 * SECOND - ROUNDED ? 'it began only now' : undefined;
    case 'no-transaction':
    case 'not-new':
      return house.world.engine.hidesTransactions ? 'whether it is in a transaction is unknown' : undefined;
    default:
      if (running !== null) return 'it has woken up';
      if (now - since < 60 * SECOND - ROUNDED) return 'it fell asleep only now';
      return rule === 'warned' ? warningKeeps(victim, house) : undefined;
  }
}

function warningKeeps({ session }: Victim, { config, world, toldAt, keptUntil }: House): string | undefined {
  const reaper = config.reapers.find(({ name }) => name === 'warned');
  if (reaper === undefined) return 'there is no such rule';
  const name = warningName(TARGET, 'warned', victimTag(session, reaper));
  if ((keptUntil.get(name) ?? 0) > world.now) return 'somebody keeps it';
  const told = toldAt.get(name);
  return told === undefined || told + WARNED_BEFORE > world.now ? 'nobody was warned in time' : undefined;
}
