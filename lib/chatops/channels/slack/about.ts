import * as z from 'zod/mini';
import type { ChannelAbout } from '../channel-about.ts';
import { ids, places, text } from '../channel-about.ts';

/** Slack: slash commands, buttons and modals in, messages by `response_url` and incoming webhooks out. */
export const slack = {
  name: 'slack',
  asks: 'person',
  mayEnd: true,
  identity: {
    pattern: /^(?:E[A-Z0-9]+\/)?T[A-Z0-9]+\/(?:[UW][A-Z0-9]+|\*)$/,
    error:
      "write team and user, 'T0123/U0456', with the enterprise before it where there is one; '*' is everybody there",
    played: { operator: 'T0LOCAL/U0LOCAL', asker: 'T0LOCAL/U0ASKER' },
  },
  secret: z.strictObject({
    /** Signing Secret of the app, not the older verification token. */
    signingSecret: text,
    app: text,
    /** Workspaces that may call. */
    teams: ids,
    /** Bot User OAuth Token: only where a modal is to ask for reasons. It needs no scope for that. */
    botToken: z.optional(text.check(z.regex(/^xoxb-[\w-]+$/))),
    /** Incoming webhooks. */
    places,
  }),
  reply: z.object({ responseUrl: z.string() }),
} as const satisfies ChannelAbout;
