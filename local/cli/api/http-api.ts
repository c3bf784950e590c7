import { isLoopback } from '../../../lib/targets/credentials.ts';
import { UsageError } from '../help.ts';
import { type Api, createApi } from './api.ts';

/** How a request says who sends it. */
type Authorize = (request: {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}) => Promise<Readonly<Record<string, string>>>;

/** Where an API is, and how to ask it. */
export interface Place {
  readonly base: URL;
  readonly authorize: Authorize;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly target: string | undefined;
  /** What to throw where nobody answers. */
  readonly silent: (reason: string) => Error;
}

/** The address of an API. @throws UsageError for one that a token or a signature must not go to */
export function baseOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '' || url.username !== '')
    throw new UsageError('--api: write an address such as https://abc123.execute-api.eu-central-1.amazonaws.com');
  if (url.protocol === 'http:' && !isLoopback(hostOf(url)))
    throw new UsageError('--api: write https://; only this machine is asked without TLS');
  return url;
}

/** Longer than API Gateway lets a function answer. */
const LIMIT_MS = 60_000;

/** An IPv6 address without its brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** The API at an address. */
export function httpApi({ base, authorize, headers: common, target, silent }: Place): Api {
  return createApi({
    target,
    base: base.href.replace(/\/+$/, ''),
    fetch: async (request) => {
      const { method } = request;
      const url = new URL(request.url);
      const body = (await request.text()) || undefined;
      const headers = { ...common, ...Object.fromEntries(request.headers) };
      const authorized = await authorize({ method, url, headers, body });
      try {
        const answer = await fetch(url, {
          method,
          headers: { ...headers, ...authorized },
          // A redirect would take the token along, or the signature would not fit.
          redirect: 'manual',
          signal: AbortSignal.timeout(LIMIT_MS),
          ...(body !== undefined && { body }),
        });
        // Read here, where one that breaks off is told as none.
        const { status, headers: theirs } = answer;
        return new Response((await answer.text()) || null, { status, headers: theirs });
      } catch (error) {
        throw silent(reasonOf(error));
      }
    },
    close: () => {},
  });
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error && 'code' in error.cause ? ` (${error.cause.code})` : '';
