import { ADDRESSED } from './forgeries/addressed.ts';
import type { Forgery } from './forgeries/forgery.ts';
import { OF_PEOPLE } from './forgeries/people.ts';
import { OF_SENDERS } from './forgeries/senders.ts';
import { TIMED } from './forgeries/timed.ts';

/** Everything that somebody might send in a platform's name: one line each. */
export const FORGERIES: readonly Forgery[] = [...TIMED, ...ADDRESSED, ...OF_PEOPLE, ...OF_SENDERS];
