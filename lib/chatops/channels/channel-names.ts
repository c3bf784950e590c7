import type { ChannelAbout } from './channel-about.ts';
import * as TABLE from './index.ts';

type Table = typeof TABLE;

/** A channel of the table. */
export type ChannelName = keyof Table;

/** Those of them whose description holds this. */
export type NameOfThose<Part> = {
  [Name in ChannelName]: Table[Name] extends Part ? Name : never;
}[ChannelName];

/** A channel whose people are known. */
export type PersonChannel = NameOfThose<{ readonly identity: object }>;

/** A channel for requests, and not for alerts. */
export type AskingChannel = NameOfThose<{ readonly asks: 'person' | 'machine' }>;

/** What every channel says of itself. */
export const CHANNELS: Readonly<Record<ChannelName, ChannelAbout>> = TABLE;

/** Every channel's name, in the order of the alphabet. */
export const CHANNEL_NAMES: readonly ChannelName[] = Object.keys(TABLE).filter(isChannel).toSorted();

function isChannel(name: string): name is ChannelName {
  return Object.hasOwn(TABLE, name);
}

/** True for the name of a channel whose people are known. */
export function isPersonChannel(name: string): name is PersonChannel {
  return isChannel(name) && CHANNELS[name].identity !== undefined;
}

/** True for the name of a channel for requests. */
export function isAskingChannel(name: string): name is AskingChannel {
  return isChannel(name) && CHANNELS[name].asks !== 'alert';
}

/** True for the name of a channel at whose places messages are posted. */
export const hasPlaces = (name: string): boolean => isChannel(name) && CHANNELS[name].reply !== undefined;

/** Something for each channel whose people are known, by its name. */
export function forPersonChannels<T>(
  make: (identity: NonNullable<ChannelAbout['identity']>, name: PersonChannel) => T,
): Record<PersonChannel, T> {
  const made = CHANNEL_NAMES.filter(isPersonChannel).flatMap((name) => {
    const { identity } = CHANNELS[name];
    return identity === undefined ? [] : [[name, make(identity, name)] as const];
  });
  // `fromEntries` forgets the names.
  return Object.fromEntries(made) as Record<PersonChannel, T>;
}

/** How a place is written: a channel that has places, and a place's name in the chat secret, `slack:ops`. */
export const PLACE = new RegExp(`^(${CHANNEL_NAMES.filter(hasPlaces).join('|')}):[\\w-]{1,64}$`);
