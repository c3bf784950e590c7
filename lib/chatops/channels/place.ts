import { CHANNEL_NAMES, hasPlaces } from './channel-names.ts';

/** How a place is written: a channel that has places, and a place's name in the chat secret, `slack:ops`. */
export const PLACE = new RegExp(`^(${CHANNEL_NAMES.filter(hasPlaces).join('|')}):[\\w-]{1,64}$`);
