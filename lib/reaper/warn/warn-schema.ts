import { z } from 'zod';
import { CHANNEL_NAMES, CHANNELS, hasPlaces } from '../../chatops/channel-names.ts';
import { placeSchema } from '../../chatops/place-schema.ts';
import { duration } from '../condition-schema.ts';

/** A channel that may end has buttons, and they can be trusted. */
const canKeep = (place: string): boolean =>
  CHANNEL_NAMES.some((name) => place.startsWith(`${name}:`) && hasPlaces(name) && CHANNELS[name].mayEnd);

/** The `warn:` of a reaper: who is told, how long before the end, and how it may be put off. Times are seconds after parsing. */
export const warnSchema = z
  .strictObject({
    channel: placeSchema
      .refine((place) => canKeep(place), {
        error: `write a place of ${CHANNEL_NAMES.filter((name) => canKeep(`${name}:`)).join(' or ')}: others have no button that could keep a session`,
      })
      .meta({ description: 'Where the warning is posted: a place of the chat secret.', examples: ['slack:ops'] }),
    before: duration('How long before its end a victim is warned of.', { min: 60, max: 86_400 }),
    keep: duration('How long a press of the button keeps a session.', { min: 60, max: 86_400 }).prefault('30m'),
    extensions: z
      .int({ error: 'write a whole number' })
      .min(0, { error: 'write at least 0' })
      .max(100, { error: 'write at most 100' })
      .default(2)
      .meta({ description: 'How often a session may be kept; 0 warns without a button.' }),
  })
  .readonly();

/** How a reaper warns, as it stands after parsing. */
export type Warn = z.infer<typeof warnSchema>;
