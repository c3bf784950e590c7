import * as z from 'zod/mini';
import type { ChannelAbout } from '../channel-about.ts';
import { ids, places, text } from '../channel-about.ts';

/** Feishu and Lark: messages and card buttons in; cards by the messages API and by late update out. */
export const feishu = {
  name: 'feishu',
  asks: 'person',
  mayEnd: true,
  identity: {
    pattern: /^[A-Za-z0-9_.$:@-]+\/(?:ou_[A-Za-z0-9_]+|\*)$/,
    error: "write tenant key and open ID, 'tenant/ou_…'; '*' is everybody there",
    played: { operator: 'local/ou_local', asker: 'local/ou_asker' },
  },
  secret: z.strictObject({
    app: text,
    appSecret: text,
    encryptKey: text,
    verificationToken: text,
    tenants: ids,
    host: z._default(z.enum(['open.feishu.cn', 'open.larksuite.com']), 'open.feishu.cn'),
    /** Chat IDs. */
    places,
  }),
  /** `cardToken` replaces the card whose button was pressed; `null` where there was none. */
  reply: z.object({ chat: z.string(), cardToken: z.nullable(z.string()) }),
} as const satisfies ChannelAbout;
