import createClient from 'openapi-fetch';
import type { operations, paths, Session } from '../../client/api.d.ts';
import { bearer, isIn, refused, taken } from './sign-in/access.ts';

/** A call that failed: a problem document of the API, or, with status 0, no answer at all. */
export class Failure extends Error {
  readonly status: number;
  readonly detail: string | null;
  readonly hint: string | null;
  readonly code: string | null;
  readonly requestId: string | null;

  constructor(status: number, said: Readonly<Record<string, unknown>>) {
    const text = (field: string) => (typeof said[field] === 'string' ? said[field] : null);
    // API Gateway itself says nothing but `Forbidden`: a token that it verified has none of the scopes of the route.
    const plain = status === 403 ? 'Your token lacks the scope for this.' : `The server answered ${status}.`;
    super(text('title') ?? plain);
    this.status = status;
    this.detail = text('detail');
    this.hint = text('hint');
    this.code = text('code');
    this.requestId = text('requestId');
  }
}

/** Keys of what was asked for and not answered yet, by what that was. */
const keys = new Map<string, string>();

/** A name for a wish, known to nobody else. `crypto.randomUUID` is not there on a page without TLS. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

const unreachable = (what: string): Failure =>
  new Failure(0, { title: `${what} cannot be reached.`, hint: 'It is asked again by itself.' });

/** What to send as a token; and where one was refused, whether there is another. @throws Failure where the issuer gives no answer */
const ofIssuer = <T>(asked: Promise<T>): Promise<T> =>
  asked.catch(() => {
    throw unreachable('The issuer of your sign-in');
  });

/** Sends a request with the token that there is; once more where another is got in place of a refused one. @throws Failure */
async function carried(request: Request, isAgain = false): Promise<Response> {
  // By its key, what is asked again is still carried out once.
  const next = request.clone();
  const token = await ofIssuer(bearer());
  if (token !== undefined) request.headers.set('authorization', `Bearer ${token}`);
  // Whose sign-in has ended is not asked for: the page asks them.
  else if (!isIn.value) throw new Failure(401, { title: 'You are not signed in.' });
  let answer: Response;
  try {
    answer = await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw unreachable('The server of this page');
  }
  if (answer.status === 401 && (await ofIssuer(refused(token))) && !isAgain) return carried(next, true);
  if (answer.status !== 401) taken();
  const key = request.headers.get('idempotency-key');
  for (const [wish, named] of keys) if (named === key) keys.delete(wish);
  return answer;
}

/** The API that the page came from. */
const client = createClient<paths>({
  baseUrl: new URL('..', document.baseURI).href,
  headers: { accept: 'application/json' },
  cache: 'no-store',
  fetch: (request) => carried(request),
});

/** What an operation answers. @throws Failure */
async function said<Data>(
  sent: Promise<{ readonly data?: Data; readonly error?: unknown; readonly response: Response }>,
): Promise<NonNullable<Data>> {
  const { data, error, response } = await sent.catch((cause: unknown) => {
    if (cause instanceof SyntaxError) throw new Failure(0, { title: 'The server of this page answers no JSON.' });
    // It broke off in the middle of an answer.
    throw cause instanceof TypeError ? unreachable('The server of this page') : cause;
  });
  if (response.ok && data !== undefined && data !== null) return data;
  throw new Failure(response.status, typeof error === 'object' && error !== null ? { ...error } : {});
}

/** The header by which a wish is carried out once, however often it is sent until its answer is there. */
function once(...wish: readonly unknown[]): { readonly 'Idempotency-Key': string } {
  const name = JSON.stringify(wish);
  const key = keys.get(name) ?? newKey();
  keys.set(name, key);
  return { 'Idempotency-Key': key };
}

/** A query without what nobody asked for. */
const given = <Query extends object>(
  query: Query,
): { readonly [Name in keyof Query]?: Exclude<Query[Name], undefined> } =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value)) as {
    readonly [Name in keyof Query]?: Exclude<Query[Name], undefined>;
  };

const ending = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });

type Body<Name extends 'kill-sessions' | 'preview-reap'> =
  operations[Name]['requestBody']['content']['application/json'];
/** A run of a reaper, or of a rule. */
export type AskedRun = Body<'preview-reap'>;
type AskedRecords = NonNullable<operations['list-audit']['parameters']['query']>;

const PAGE = 1_000;
/** More than any server here holds; what is beyond is said to be. */
const MOST_PAGES = 20;

/** Every session that the caller may view, page by page, and how many there are. */
export async function allSessions(target: string, signal: AbortSignal) {
  const found = new Map<string, Session>();
  let cursor: string | undefined;
  let total = 0;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const params = { path: { target }, query: { limit: PAGE, ...given({ cursor }) } };
    const answer = await said(client.GET('/targets/{target}/sessions', { params, signal }));
    if (!('sessions' in answer))
      throw new Failure(0, { title: 'The server of this page answers no list of sessions.' });
    // Each page is a look of its own: one that moved between them is there once.
    for (const session of answer.sessions) found.set(session.id, session);
    total = answer.total;
    cursor = answer.next ?? undefined;
    if (cursor === undefined) break;
  }
  return { sessions: [...found.values()], total };
}

const ofTarget = (target: string) => ({ path: { target } });

/** The API, as far as the page asks it. Each may throw a {@link Failure}. */
export const api = {
  targets: async (signal?: AbortSignal) => (await said(client.GET('/targets', ending(signal)))).targets,
  session: (target: string, id: string, full = false) =>
    said(client.GET('/targets/{target}/sessions/{id}', { params: { path: { target, id }, query: given({ full }) } })),
  health: (target: string, signal: AbortSignal) =>
    said(client.GET('/targets/{target}/health', { params: ofTarget(target), signal })),
  blockers: async (target: string, signal: AbortSignal) =>
    (await said(client.GET('/targets/{target}/blockers', { params: ofTarget(target), signal }))).blockers,
  kills: async (target: string, kills: Body<'kill-sessions'>['kills'], reason: string) => {
    const body = { kills, ...(reason && { reason }) };
    const params = { ...ofTarget(target), header: once('kills', target, body) };
    return (await said(client.POST('/targets/{target}/kills', { params, body }))).results;
  },
  reap: (target: string, body: AskedRun) => {
    const params = { ...ofTarget(target), header: once('reaps', target, body) };
    return said(client.POST('/targets/{target}/reaps', { params, body }));
  },
  audit: (query: { readonly [Name in keyof AskedRecords]?: AskedRecords[Name] | undefined }) =>
    said(client.GET('/audit', { params: { query: given(query) } })),
  stop: (signal?: AbortSignal) => said(client.GET('/stop', ending(signal))),
  stopKills: (reason: string) => said(client.PUT('/stop', { body: { reason } })),
  resumeKills: (reason: string) => said(client.DELETE('/stop', { params: { query: given({ reason }) } })),
};
