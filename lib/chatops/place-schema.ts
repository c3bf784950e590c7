import { z } from 'zod';

/** Where a message goes that nobody asked for: a channel that has places, and a place's name in the chat secret. */
export const placeSchema = z
  .string({ error: "write channel and place, 'slack:ops'" })
  .regex(/^(slack|feishu|dingtalk):[\w-]{1,64}$/, { error: "write channel and place, 'slack:ops'" });
