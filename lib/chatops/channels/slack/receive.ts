import * as z from 'zod/mini';
import { AppError } from '../../../errors.ts';
import { CLICKS, MAX_COMMAND, REASON, tooLong } from '../../messages/answer.ts';
import {
  configured,
  headerOf,
  hmac,
  isFresh,
  isSame,
  json,
  shaped,
  signatureInvalid,
  utf8,
} from '../../receiver/signed-request.ts';
import { isPinned } from '../../worker/poster.ts';
import type { ChatIdentity, ChatSecrets, Incoming, Once, Received, ReplyTo, SignedRequest } from '../channel.ts';
import { renderSlack } from './render.ts';

/** The only host of `response_url`. */
export const SLACK_HOSTS = ['hooks.slack.com'] as const;

const id = z.string().check(z.regex(/^[A-Z0-9]{2,32}$/));
const commandSchema = z.object({
  api_app_id: id,
  team_id: id,
  enterprise_id: z.optional(id),
  user_id: id,
  text: z.string(),
  response_url: z.string(),
});
const clickSchema = z.object({
  type: z.literal('block_actions'),
  api_app_id: id,
  user: z.object({ id, team_id: id }),
  enterprise: z.nullish(z.object({ id })),
  response_url: z.string(),
  trigger_id: z.optional(z.string().check(z.maxLength(256))),
  actions: z.array(z.object({ action_id: z.string(), value: z.string() })).check(z.length(1)),
});
const submissionSchema = z.object({
  type: z.literal('view_submission'),
  api_app_id: id,
  user: z.object({ id, team_id: id }),
  enterprise: z.nullish(z.object({ id })),
  view: z.object({
    callback_id: z.literal(REASON),
    private_metadata: z.string(),
    state: z.object({ values: z.object({ reason: z.object({ reason: z.object({ value: z.string() }) }) }) }),
  }),
});
/** What a modal bears for us; Slack signs it with the rest. */
const boreSchema = z.object({ request: z.string(), responseUrl: z.string() });
const kindSchema = z.object({ type: z.string() });
const REQUEST = /^[A-Za-z0-9_-]{22}$/;

/** A slash command or a press of a button; see {@link import('../channel.ts').Channel.receive}. */
export function receiveSlack(request: SignedRequest, secrets: ChatSecrets, now: Date): Received {
  const slack = configured(secrets.slack, 'slack');
  // Slack asks now and then whether our certificate holds, and says no more (Slack, "Slash commands", ssl_check).
  if (new URLSearchParams(request.body.toString('latin1')).get('ssl_check') === '1')
    return { do: 'answer', body: null };
  const once = verifySlack(request, slack.signingSecret, now);
  const form = new URLSearchParams(utf8(request.body));
  const payload = form.get('payload');
  const read = payload === null ? readCommand(Object.fromEntries(form)) : readPayload(json(payload));
  if (read.app !== slack.app) throw signatureInvalid('The app is not the one configured.');
  if (!slack.teams.includes(read.incoming.from.tenant))
    throw signatureInvalid('The workspace is not one of those configured.');
  if (read.incoming.kind === 'message' && read.incoming.text.length > MAX_COMMAND)
    return { do: 'answer', body: renderSlack(tooLong()) };
  return { do: 'work', incoming: read.incoming, once, acknowledgement: null };
}

type Personal = Extract<Incoming, { from: ChatIdentity }>;
interface Read {
  readonly app: string;
  readonly incoming: Personal;
}

const readPayload = (value: unknown): Read =>
  shaped(kindSchema, value).type === 'view_submission' ? readSubmission(value) : readClick(value);

function readCommand(value: unknown): Read {
  const form = shaped(commandSchema, value);
  const from = identity(form.enterprise_id, form.team_id, form.user_id);
  const incoming = { kind: 'message', from, text: form.text, to: replyTo(form.response_url) } as const;
  return { app: form.api_app_id, incoming };
}

function readClick(value: unknown): Read {
  const { api_app_id: app, user, enterprise, actions, response_url, trigger_id: trigger } = shaped(clickSchema, value);
  const { action_id = '', value: request = '' } = actions[0] ?? {};
  const name = action_id.split(':')[0];
  const click = CLICKS.find((known) => known === name);
  const from = identity(enterprise?.id, user.team_id, user.id);
  if (name === REASON && trigger !== undefined && REQUEST.test(request))
    return { app, incoming: { kind: 'reason', from, request, trigger, to: replyTo(response_url) } };
  if (click === undefined || !REQUEST.test(request))
    throw new AppError('request-invalid', { detail: 'actions: not a button of ours.' });
  return { app, incoming: { kind: 'click', from, click, request, to: replyTo(response_url) } };
}

function readSubmission(value: unknown): Read {
  const { api_app_id: app, user, enterprise, view } = shaped(submissionSchema, value);
  const { request, responseUrl } = shaped(boreSchema, json(view.private_metadata));
  if (!REQUEST.test(request)) throw new AppError('request-invalid', { detail: 'view: not a window of ours.' });
  const from = identity(enterprise?.id, user.team_id, user.id);
  const reason = view.state.values.reason.reason.value;
  return { app, incoming: { kind: 'click', from, click: 'confirm', request, reason, to: replyTo(responseUrl) } };
}

const identity = (enterprise: string | undefined, tenant: string, user: string): ChatIdentity => ({
  channel: 'slack',
  enterprise: enterprise ?? null,
  tenant,
  user,
});

function replyTo(responseUrl: string): ReplyTo {
  if (!isPinned(responseUrl, SLACK_HOSTS)) throw signatureInvalid('response_url is not an address of Slack.');
  return { channel: 'slack', responseUrl };
}

const WINDOW_SECONDS = 300;

/**
 * Slack's signature: `v0=` and the HMAC-SHA256 of `v0:{timestamp}:{raw body}` with the Signing Secret
 * (docs.slack.dev, "Verifying requests from Slack"). Both sides of the window are held.
 *
 * @throws AppError `signature-invalid`
 */
export function verifySlack(request: SignedRequest, signingSecret: string, now: Date): Once {
  const timestamp = headerOf(request, 'x-slack-request-timestamp');
  const signature = headerOf(request, 'x-slack-signature');
  if (!isFresh(timestamp, now, 1000, WINDOW_SECONDS))
    throw signatureInvalid('X-Slack-Request-Timestamp is not of now.');
  if (!isSame(signature, `v0=${hmac(signingSecret, [`v0:${timestamp}:`, request.body], 'hex')}`))
    throw signatureInvalid('X-Slack-Signature does not hold.');
  // Slack sends neither commands nor clicks twice, so a second one is another sender's.
  return { key: `slack/${signature}`, seconds: 3 * WINDOW_SECONDS, again: 'refuse' };
}
