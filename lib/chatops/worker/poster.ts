import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../errors.ts';

/** One message on its way. */
export interface Post {
  readonly url: string;
  /** Sent as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The only hosts that it may go to, exactly as they are written here. */
  readonly hosts: readonly string[];
  /** True where the platform took it; some answer 200 with an error in the body. */
  readonly isAccepted: (body: string) => boolean;
  /** A receiver of Standard Webhooks: any 2xx takes it, and any other status may pass, such as while it is deployed. */
  readonly isReceiver?: boolean;
}

/** Sends messages to chat platforms. */
export interface Poster {
  /** Resolves to the answer's body. @throws AppError `chat-failed` where it makes no sense to send it again, else `chat-unreachable` */
  post(post: Post): Promise<string>;
}

/** What the poster needs from outside; a single machine sends to a stand-in for the platforms. */
export interface PosterOptions {
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds before each further try. */
  readonly delaysMs?: readonly number[];
  /** Milliseconds of one try. */
  readonly timeoutMs?: number;
  /** Also sends to this machine without TLS. Never inside Lambda, where its own runtime listens. */
  readonly loopback?: boolean;
}

const MAX_ANSWER = 64 * 1024;

/**
 * Sends with a time limit and without following redirects. Tried again only after a failure of the network or a 5xx: a
 * platform's 4xx stays wrong, and a message that was taken must not come twice.
 */
export function createPoster({
  fetch = globalThis.fetch,
  delaysMs = [200, 800],
  timeoutMs = 3_000,
  loopback = false,
}: PosterOptions = {}): Poster {
  const once = async ({ body, headers, isAccepted, isReceiver = false }: Post, url: URL): Promise<Try> => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
        body: JSON.stringify(body),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = (await response.text()).slice(0, MAX_ANSWER);
      const isTaken = isReceiver ? response.ok : response.status === 200;
      if (!isTaken) return { again: isReceiver || response.status >= 500, why: `status ${response.status}` };
      return isAccepted(text) ? { text } : { again: false, why: 'an error in the answer' };
    } catch (cause) {
      return { again: true, why: 'the network', cause };
    }
  };
  return {
    async post(post) {
      const url = loopback && isLoopback(post.url) ? new URL(post.url) : pinned(post.url, post.hosts);
      let last = await once(post, url);
      for (const ms of delaysMs) {
        if ('text' in last || !last.again) break;
        await delay(ms);
        last = await once(post, url);
      }
      if ('text' in last) return last.text;
      const code = last.again ? 'chat-unreachable' : 'chat-failed';
      throw new AppError(code, { cause: last.cause, detail: `${url.host}: ${last.why}.` });
    },
  };
}

type Try = { readonly text: string } | { readonly again: boolean; readonly why: string; readonly cause?: unknown };

/**
 * True for an address to which a platform's answers may go: https, one of the hosts, and nothing that could lead
 * elsewhere: no port, no user info, no fragment.
 */
export function isPinned(url: string, hosts: readonly string[]): boolean {
  if (url.length > 2_000 || !URL.canParse(url)) return false;
  const { protocol, host, username, password, hash } = new URL(url);
  // As text too: a URL parser forgives tabs, backslashes and a default port.
  const isPlain =
    hosts.some((name) => url.startsWith(`https://${name}/`)) && /^[!-~]+$/.test(url) && !url.includes('\\');
  return isPlain && protocol === 'https:' && hosts.includes(host) && username === '' && password === '' && hash === '';
}

const isLoopback = (url: string): boolean =>
  URL.canParse(url) && /^http:\/\/(?:127\.0\.0\.1|localhost)(?::\d{1,5})?\/[!-~]*$/.test(url);

function pinned(url: string, hosts: readonly string[]): URL {
  if (isPinned(url, hosts)) return new URL(url);
  throw new AppError('chat-failed', { detail: `The address is not one of ${hosts.join(', ')}. Nothing was sent.` });
}

/** True for an answer in JSON whose `field` is `right`: some platforms say no with status 200. */
export const hasCode =
  (field: string, right: number | boolean) =>
  (body: string): boolean => {
    try {
      const value: unknown = JSON.parse(body);
      return (
        typeof value === 'object' &&
        value !== null &&
        Object.entries(value).some(([name, code]) => name === field && code === right)
      );
    } catch {
      return false;
    }
  };
