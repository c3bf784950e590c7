import * as z from 'zod/mini';
import { AppError } from '../../errors.ts';
import { CORRELATION_ID } from '../../telemetry/call.ts';
import { CHANNEL_NAMES, isAskingChannel } from '../channels/channel-names.ts';
import { CLICKS, MAX_COMMAND, MAX_REASON } from '../messages/answer.ts';

const text = (max: number) => z.string().check(z.minLength(1), z.maxLength(max));

/** A principal as the function outside hands it in; IAM says who may. Only chats and machines: a JWT is not accepted here. */
const principalSchema = z.strictObject({
  source: z.enum(CHANNEL_NAMES.filter(isAskingChannel)),
  subject: text(256),
  groups: z.array(text(256)).check(z.maxLength(100)),
  claims: z.record(z.string(), z.string().check(z.maxLength(1024))),
  chat: z.strictObject({ identities: z.array(text(300)).check(z.minLength(1), z.maxLength(2)), isMapped: z.boolean() }),
});

const runEventSchema = z.strictObject({
  principal: principalSchema,
  /** Links message, log, record and SQL comment. */
  requestId: z.string().check(z.regex(CORRELATION_ID)),
  channel: z.enum(CHANNEL_NAMES),
  what: z.discriminatedUnion('do', [
    z.strictObject({ do: z.literal('command'), line: z.string().check(z.maxLength(MAX_COMMAND)) }),
    z.strictObject({
      do: z.literal('click'),
      click: z.enum(CLICKS),
      request: z.string().check(z.regex(/^[\w-]{22}$/)),
      reason: z.optional(text(MAX_REASON)),
    }),
    z.strictObject({ do: z.literal('alert'), target: text(256), title: text(1024) }),
  ]),
});

/** What `run-command` is invoked with. */
export type RunEvent = z.infer<typeof runEventSchema>;

/** Reads it strictly. @throws AppError `request-invalid` for anything else. */
export function parseRunEvent(value: unknown): RunEvent {
  const { data, error } = z.safeParse(runEventSchema, value);
  if (error === undefined) return data;
  const field = error.issues[0]?.path.map(String).join('.') || 'event';
  throw new AppError('request-invalid', {
    detail: `${field.slice(0, 80)}: is missing or not of its form.`,
    cause: error,
  });
}
