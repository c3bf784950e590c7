import { sessionTag } from '../sessions/tags.ts';
import type { Choice, Chosen } from './choose.ts';
import { seenTag } from './seen-tag.ts';

const NOT_CONFIRMED = 'confirm: it was not chosen both times';

/** Of a choice, those that were chosen the time before as well. @param before - their seen tags */
export function confirmed(choice: Choice, before: ReadonlySet<string>): Choice {
  const isConfirmed = ({ session }: Chosen): boolean => before.has(seenTag(session));
  const spared = choice.victims.filter((victim) => !isConfirmed(victim));
  return {
    ...choice,
    victims: choice.victims.filter(isConfirmed),
    spared: [...choice.spared, ...spared.map(({ session }) => ({ session, reason: NOT_CONFIRMED }))],
  };
}

/** Of a choice, those that a person has seen. @param tags - their session tags */
export const among = (choice: Choice, tags: ReadonlySet<string>): Choice => ({
  ...choice,
  victims: choice.victims.filter(({ session }) => tags.has(sessionTag(session))),
});
