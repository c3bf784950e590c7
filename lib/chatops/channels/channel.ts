import * as z from 'zod/mini';
import { AppError } from '../../errors.ts';
import type { ChatAnswer, Click } from '../messages/answer.ts';
import type { RunEnded } from '../messages/run-ended.ts';
import type { Poster } from '../worker/poster.ts';
import type { ChannelAbout } from './channel-about.ts';
import type { AskingChannel, ChannelName, NameOfThose } from './channel-names.ts';
import type * as TABLE from './index.ts';

/** A platform's HTTP request: the body as the very bytes that were signed. */
export interface SignedRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Which sender of this channel, from the path; `null` where the channel has only one. */
  readonly source: string | null;
}

/** What proves that a request is new: its signature or the platform's own event ID. */
export interface Once {
  readonly key: string;
  /** Seconds to remember the key: longer than the request could be sent again. */
  readonly seconds: number;
  /**
   * `acknowledge` where the platform itself sends an event twice: that one is answered and does nothing. `compare` where
   * the key is the sender's own: the same body is acknowledged once the first is done, and another body refused.
   */
  readonly again: 'refuse' | 'acknowledge' | 'compare';
}

/** Where an answer goes. Nothing here is trusted before the poster has looked at its host. */
export type ReplyTo =
  | { [Name in ReplyingChannel]: { readonly channel: Name } & z.infer<(typeof TABLE)[Name]['reply']> }[ReplyingChannel]
  /** A name of the secret's own list: `slack:ops`. */
  | { readonly channel: 'place'; readonly place: string };

type ReplyingChannel = NameOfThose<{ readonly reply: object }>;

/** What a verified request asks for. */
export type Incoming =
  | { readonly kind: 'message'; readonly from: ChatIdentity; readonly text: string; readonly to: ReplyTo }
  | {
      readonly kind: 'click';
      readonly from: ChatIdentity;
      readonly click: Click;
      readonly request: string;
      /** What was written into the window that asked for it. */
      readonly reason?: string;
      readonly to: ReplyTo;
    }
  /** The person wants to give a reason; `trigger` opens a window for some seconds. */
  | {
      readonly kind: 'reason';
      readonly from: ChatIdentity;
      readonly request: string;
      readonly trigger: string;
      readonly to: ReplyTo;
    }
  /** `labels` are the alert's own, a set for each alert of a group; which of them names the target says the configuration. */
  | {
      readonly kind: 'alert';
      readonly source: string;
      readonly title: string;
      readonly labels: readonly Readonly<Record<string, string>>[];
    };

/** What a channel made of a request: work to hand over, or an answer and no work. */
export type Received =
  | { readonly do: 'work'; readonly incoming: Incoming; readonly once: Once; readonly acknowledgement: unknown }
  | { readonly do: 'answer'; readonly body: unknown };

/** The code of one platform, which `<name>/channel.ts` exports as `channel`. Adding one is one folder, and one line in channels.ts. */
export interface Channel {
  readonly about: ChannelAbout & { readonly name: ChannelName };
  /**
   * Verifies over the raw bytes, then reads. Pure: everything depends on the arguments.
   *
   * @param now the clock.
   * @throws AppError `signature-invalid` for what is not certainly the platform's, is stale or of the future, of another
   * app or tenant, or where the channel is not configured; `request-invalid` for what is signed and makes no sense.
   */
  readonly receive: (request: SignedRequest, secrets: ChatSecrets, now: Date) => Received;
  /** The message as the platform's JSON, within the platform's limits. */
  readonly render: (answer: ChatAnswer) => unknown;
  /** Sends an answer. @throws AppError `chat-failed` where the platform did not take it. */
  readonly deliver: (poster: Poster, secrets: ChatSecrets, to: ReplyTo, answer: ChatAnswer) => Promise<void>;
  /** Sends an event to a receiver of the secret; absent where it has none. @throws AppError `chat-failed`, `chat-unreachable` */
  readonly send?: (poster: Poster, secrets: ChatSecrets, sent: EventToSend, now: Date) => Promise<void>;
  /** Opens the platform's window that asks for a reason; absent where it has none. @throws AppError `chat-failed` */
  readonly askReason?: (
    poster: Poster,
    secrets: ChatSecrets,
    asked: Extract<Incoming, { readonly kind: 'reason' }>,
  ) => Promise<void>;
}

/** An event for a receiver, by its name in the secret. The ID is the same however often it is sent. */
interface EventToSend {
  readonly to: string;
  readonly id: string;
  readonly event: RunEnded;
}

/** What the secret has under the name of a place, `ops` of `slack:ops`. @throws AppError `chat-failed` for one that it lacks. */
export function placeIn(places: Readonly<Record<string, string>> | undefined, place: string): string {
  const name = place.slice(place.indexOf(':') + 1);
  const found = places !== undefined && Object.hasOwn(places, name) ? places[name] : undefined;
  if (found === undefined)
    throw new AppError('chat-failed', { detail: `There is no place ${place} in the chat secret.` });
  return found;
}

/** Who a platform says it was. IDs only: a name is chosen by its bearer, and means nothing. */
export interface ChatIdentity {
  readonly channel: AskingChannel;
  /** Slack: the enterprise; `null` elsewhere. */
  readonly enterprise: string | null;
  /** Slack: team; Feishu: tenant key; DingTalk: corporation; webhook: the word `webhook`. */
  readonly tenant: string;
  /** Slack: user ID; Feishu: open ID; DingTalk: staff ID; webhook: the sender's name. */
  readonly user: string;
}

/** How rules and the table write an identity, most specific first: `E01/T0123/U0456` and `T0123/U0456`. */
export function identityTexts({ enterprise, tenant, user }: ChatIdentity): readonly string[] {
  const text = `${tenant}/${user}`;
  return enterprise === null ? [text] : [`${enterprise}/${text}`, text];
}

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
