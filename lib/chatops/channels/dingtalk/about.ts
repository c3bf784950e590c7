import * as z from 'zod/mini';
import type { ChannelAbout } from '../channel-about.ts';
import { ids, places, text } from '../channel-about.ts';

/** DingTalk lists and shows, and ends nothing: its signature does not cover the body. */
export const dingtalk = {
  name: 'dingtalk',
  asks: 'person',
  mayEnd: false,
  identity: {
    pattern: /^[A-Za-z0-9_.$:@-]+\/(?:[A-Za-z0-9_.$:@-]+|\*)$/,
    error: "write corporation and staff ID, 'ding…/staff'; '*' is everybody there",
    played: { operator: 'local/local', asker: 'local/asker' },
  },
  secret: z.strictObject({
    appSecret: text,
    corporations: ids,
    /** Robot webhooks. */
    places,
  }),
  reply: z.object({ sessionWebhook: z.string() }),
} as const satisfies ChannelAbout;
