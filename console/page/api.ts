import type { Blocker, Detail, Ended, Entry, Health, Page, Reap, Session, Stop, Target } from './answers.ts';
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

interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** Carried out once, however often it is sent until its answer is there. */
  readonly once?: true;
  readonly signal?: AbortSignal;
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

/** Calls the API that the page came from. @throws Failure */
async function call<T>(path: readonly string[], asked: Call = {}, isAgain = false): Promise<T> {
  const { method = 'GET', query = {}, body, once, signal } = asked;
  const url = new URL(`../${path.map(encodeURIComponent).join('/')}`, document.baseURI);
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
  const headers = new Headers({ accept: 'application/json' });
  const token = await ofIssuer(bearer());
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  // Whose sign-in has ended is not asked for: the page asks them.
  else if (!isIn.value) throw new Failure(401, { title: 'You are not signed in.' });
  if (body !== undefined) headers.set('content-type', 'application/json');
  const wish = JSON.stringify([path, body]);
  if (once) {
    keys.set(wish, keys.get(wish) ?? newKey());
    headers.set('idempotency-key', keys.get(wish) ?? '');
  }
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      headers,
      cache: 'no-store',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable('The server of this page');
  }
  // By its key, what is asked again is still carried out once.
  if (answer.status === 401 && (await ofIssuer(refused(token))) && !isAgain) return call(path, asked, true);
  if (answer.status !== 401) taken();
  keys.delete(wish);
  const said: unknown = await answer.json().catch(() => ({}));
  if (answer.ok) return said as T;
  throw new Failure(answer.status, said as Readonly<Record<string, unknown>>);
}

const PAGE = 1_000;
/** More than any server here holds; what is beyond is said to be. */
const MOST_PAGES = 20;

/** Every session that the caller may view, page by page, and how many there are. */
export async function allSessions(target: string, signal: AbortSignal) {
  const found = new Map<string, Session>();
  let cursor: string | undefined;
  let total = 0;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = { limit: String(PAGE), cursor };
    const answer: Page = await call(['targets', target, 'sessions'], { query, signal });
    // Each page is a look of its own: one that moved between them is there once.
    for (const session of answer.sessions) found.set(session.id, session);
    total = answer.total;
    cursor = answer.next ?? undefined;
    if (cursor === undefined) break;
  }
  return { sessions: [...found.values()], total };
}

/** The API, as far as the page asks it. Each may throw a {@link Failure}. */
export const api = {
  targets: (signal?: AbortSignal) =>
    call<{ targets: readonly Target[] }>(['targets'], signal && { signal }).then(({ targets }) => targets),
  session: (target: string, id: string, full = false) =>
    call<Detail>(['targets', target, 'sessions', id], { query: { full: full ? 'true' : undefined } }),
  health: (target: string, signal: AbortSignal) => call<Health>(['targets', target, 'health'], { signal }),
  blockers: (target: string, signal: AbortSignal) =>
    call<{ blockers: readonly Blocker[] }>(['targets', target, 'blockers'], { signal }).then(
      ({ blockers }) => blockers,
    ),
  kills: (target: string, kills: readonly object[], reason: string) =>
    call<{ results: readonly Ended[] }>(['targets', target, 'kills'], {
      method: 'POST',
      body: { kills, ...(reason && { reason }) },
      once: true,
    }).then(({ results }) => results),
  reap: (target: string, body: object) =>
    call<Reap>(['targets', target, 'reaps'], { method: 'POST', body, once: true }),
  audit: (query: Readonly<Record<string, string | undefined>>) =>
    call<{ records: readonly Entry[]; next: string | null }>(['audit'], { query }),
  stop: (signal?: AbortSignal) => call<Stop>(['stop'], signal && { signal }),
  stopKills: (reason: string) => call<Stop>(['stop'], { method: 'PUT', body: { reason } }),
  resumeKills: (reason: string) => call<Stop>(['stop'], { method: 'DELETE', query: { reason } }),
};
