import * as z from 'zod/mini';
import { AppError } from '../errors.ts';
import type { ChannelAbout } from './channels/channel-about.ts';
import type * as TABLE from './channels/index.ts';

/** All that the chat functions know of secrets: of platforms only, never of a database. */
export type ChatSecrets = {
  readonly [Name in keyof typeof TABLE]?: z.infer<(typeof TABLE)[Name]['secret']> | undefined;
};

/**
 * Reads the JSON of the secret that `CHAT_SECRET` names. What is missing in it is not configured, and refused.
 *
 * @param channels - whose parts are read
 * @param others - what becomes of further parts: a receiver leaves them, since they are not its own
 * @throws AppError `configuration-invalid`, whose detail names the field and quotes no value.
 */
export function readSecrets(json: string, channels: readonly ChannelAbout[], others: 'leave' | 'refuse'): ChatSecrets {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new AppError('configuration-invalid', { detail: 'CHAT_SECRET: is not JSON.' });
  }
  const parts = Object.fromEntries(channels.map(({ name, secret }) => [name, z.optional(secret)]));
  const { data, error } = z.safeParse(others === 'leave' ? z.object(parts) : z.strictObject(parts), value);
  // The very schemas from which the type is made; a list forgets which is whose.
  if (data !== undefined) return data as ChatSecrets;
  const path = error.issues[0]?.path.map(String).join('.') ?? '';
  throw new AppError('configuration-invalid', { detail: `CHAT_SECRET: ${path || 'a field'} is missing or not valid.` });
}
