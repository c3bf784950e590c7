import createClient, { type Client } from 'openapi-fetch';
import type { operations, paths } from '../../../client/api.d.ts';
import { isLoopback } from '../../../lib/targets/credentials.ts';
import { Failure, Problem, UsageError } from '../help.ts';
import { readAnswer } from './read-answer.ts';

/** What came of a request, as the client of docs/openapi.json gives it. */
interface Sent<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** How one operation is asked. */
export type Send<Data> = (api: Client<paths>) => Promise<Sent<Data>>;

/** An answer: as it came, and as it was read. */
export interface Asked<Data> {
  readonly body: Data;
  readonly data: Data;
}

/** How requests reach the API: over HTTP with a token or a signature, or as calls of the handlers in this process. */
export interface Transport {
  /** The target that is meant where none is named; `undefined` where nobody can say. */
  readonly target: string | undefined;
  /** Where the API is, without a slash at its end. */
  readonly base: string;
  /** @throws UsageError, Failure where it cannot be asked at all */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly close: () => void;
}

/**
 * The HTTP API of a deployment, of a gateway, or of the handlers in this process: one path for every command, so that each
 * validates, refuses and words alike.
 */
export interface Api extends Transport {
  /**
   * Asks one operation.
   *
   * @param headers - sent besides
   * @throws Problem where the API refuses or fails, UsageError, Failure
   */
  ask<Data>(send: Send<Data>, headers?: Readonly<Record<string, string>>): Promise<Asked<NonNullable<Data>>>;
}

/** The API behind a transport. */
export function createApi(transport: Transport): Api {
  return {
    ...transport,
    ask: async (send, headers = {}) => {
      const { base, fetch } = transport;
      const client = createClient<paths>({
        ...{ baseUrl: base, fetch },
        headers: { accept: 'application/json', ...headers },
      });
      let answered = { path: '', method: '', status: 0 };
      client.use({
        onResponse: ({ schemaPath: path, request: { method }, response: { status } }) => {
          answered = { path, method, status };
        },
      });
      const { data, error, response } = await send(client).catch((cause: unknown) => {
        throw cause instanceof SyntaxError ? new Failure(noJson(answered.status)) : cause;
      });
      if (!response.ok) throw problemOf(response.status, error);
      if (data === undefined || data === null) throw new Failure(noJson(response.status));
      return { body: data, data: readAnswer(answered, data) };
    },
  };
}

const noJson = (status: number): string =>
  `The server answered ${status}, and no JSON: is this the address of Session Warden's API?`;

const problemOf = (status: number, said: unknown): Problem =>
  new Problem(status, typeof said === 'object' && said !== null ? said : { title: noJson(status) });

/** What a server answered, whatever that is. */
export async function jsonOf(response: Response): Promise<unknown> {
  try {
    return JSON.parse(await response.text());
  } catch {
    return { title: noJson(response.status) };
  }
}

/** Fields of a query or a body without those that nobody gave. */
export const given = <T extends object>(fields: T): { readonly [Name in keyof T]?: Exclude<T[Name], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    readonly [Name in keyof T]?: Exclude<T[Name], undefined>;
  };

type Listed = operations['list-sessions']['responses'][200]['content']['application/json'];
type SessionPage = Extract<Listed, { readonly sessions: unknown }>;
type SessionGroups = Extract<Listed, { readonly groups: unknown }>;

/** The list that was asked for: `groupBy` decides which of two forms the server answers. @throws Failure for the other */
export function pageIn(answer: Listed): SessionPage {
  if ('sessions' in answer) return answer;
  throw new Failure('The server answered groups, and sessions were asked for.');
}

/** What sessions can be counted by. */
export const GROUPS = ['user', 'host', 'db', 'command', 'state', 'tenant', 'fingerprint'] as const;

/** The groups that were asked for. @throws Failure for a list of sessions */
export function groupsIn(answer: Listed): SessionGroups {
  if ('groups' in answer) return answer;
  throw new Failure('The server answered sessions, and groups were asked for.');
}

/** How a request says who sends it. */
type Authorize = (request: {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}) => Promise<Readonly<Record<string, string>>>;

/** Where an API is, and how to ask it. */
interface Place {
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
