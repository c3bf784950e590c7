import { AppError } from '../errors.ts';

/** What the secret has under the name of a place, `ops` of `slack:ops`. @throws AppError `chat-failed` for one that it lacks. */
export function placeIn(places: Readonly<Record<string, string>> | undefined, place: string): string {
  const name = place.slice(place.indexOf(':') + 1);
  const found = places !== undefined && Object.hasOwn(places, name) ? places[name] : undefined;
  if (found === undefined)
    throw new AppError('chat-failed', { detail: `There is no place ${place} in the chat secret.` });
  return found;
}
