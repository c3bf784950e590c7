import * as z from 'zod/mini';
import type { ChannelAbout } from '../channel-about.ts';
import { text } from '../channel-about.ts';

const secret = text.check(z.regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/));

/** Written as a URL writes itself; in the clear to this machine only, which a deployment refuses. */
const url = text.check(
  z.regex(/^(?:https:\/\/[a-z0-9.-]+|http:\/\/(?:127\.0\.0\.1|localhost))(?::\d{1,5})?\/[!"$-[\]-~]*$/),
);

/** Machines, by Standard Webhooks. Their answers go to a place of a chat platform. */
export const webhook = {
  name: 'webhook',
  asks: 'machine',
  mayEnd: true,
  /** By name: a sender's secret (`whsec_…`), or a receiver's address and the secret that we sign for it with. */
  secret: z.record(z.string(), z.union([secret, z.strictObject({ url, secret })])),
} as const satisfies ChannelAbout;
