import * as z from 'zod/mini';
import type { ChannelAbout } from '../channel-about.ts';
import { text } from '../channel-about.ts';

/** Machines, by Standard Webhooks. Their answers go to a place of a chat platform. */
export const webhook = {
  name: 'webhook',
  asks: 'machine',
  mayEnd: true,
  /** Standard Webhooks secrets (`whsec_…`) by the sender's name. */
  secret: z.record(z.string(), text.check(z.regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/))),
} as const satisfies ChannelAbout;
