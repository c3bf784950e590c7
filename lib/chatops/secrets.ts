import * as z from 'zod/mini';
import { AppError } from '../errors.ts';

const text = z.string().check(z.minLength(1), z.maxLength(4096));
const ids = z.array(text).check(z.minLength(1));
const places = z._default(z.record(z.string(), text), {});

const slackSchema = z.strictObject({
  /** Signing Secret of the app, not the older verification token. */
  signingSecret: text,
  app: text,
  /** Workspaces that may call. */
  teams: ids,
  /** Bot User OAuth Token: only where a modal is to ask for reasons. It needs no scope for that. */
  botToken: z.optional(text.check(z.regex(/^xoxb-[\w-]+$/))),
  /** Incoming webhooks by the place's name. */
  places,
});
const feishuSchema = z.strictObject({
  app: text,
  appSecret: text,
  encryptKey: text,
  verificationToken: text,
  tenants: ids,
  host: z._default(z.enum(['open.feishu.cn', 'open.larksuite.com']), 'open.feishu.cn'),
  /** Chat IDs by the place's name. */
  places,
});
const dingtalkSchema = z.strictObject({
  appSecret: text,
  corporations: ids,
  /** Robot webhooks by the place's name. */
  places,
});
const alertSchema = z.strictObject({
  from: z.enum(['alertmanager', 'grafana', 'pagerduty']),
  /** Alertmanager: the bearer token; Grafana and PagerDuty: the key of the signature. */
  secret: text.check(z.minLength(16)),
});

const secretsSchema = z.strictObject({
  slack: z.optional(slackSchema),
  feishu: z.optional(feishuSchema),
  dingtalk: z.optional(dingtalkSchema),
  /** Standard Webhooks secrets (`whsec_…`) by the sender's name. */
  webhook: z._default(z.record(z.string(), text.check(z.regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/))), {}),
  alert: z._default(z.record(z.string(), alertSchema), {}),
});

/** All that the chat functions know of secrets: of platforms only, never of a database. */
export type ChatSecrets = z.infer<typeof secretsSchema>;

/**
 * Reads the JSON of the secret that `CHAT_SECRET` names. What is missing in it is not configured, and refused.
 *
 * @throws AppError `configuration-invalid`, whose detail names the field and quotes no value.
 */
export function parseChatSecrets(json: string): ChatSecrets {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new AppError('configuration-invalid', { detail: 'CHAT_SECRET: is not JSON.' });
  }
  const { data, error } = z.safeParse(secretsSchema, value);
  if (data !== undefined) return data;
  const path = error.issues[0]?.path.map(String).join('.') ?? '';
  throw new AppError('configuration-invalid', { detail: `CHAT_SECRET: ${path || 'a field'} is missing or not valid.` });
}
