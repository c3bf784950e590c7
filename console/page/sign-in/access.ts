import { computed, signal } from '@preact/signals';
import type { ConsoleSettings } from '../../../lib/http/console.ts';
import type { Begun, IssuerSettings, Tokens, Trouble } from './issuer.ts';

/** Whether the page may ask the API: it finds out how, somebody must sign in, or it does. */
const standing = signal<'starting' | 'asks' | 'in'>('starting');
export const isIn = computed(() => standing.value === 'in');
export const isStarting = computed(() => standing.value === 'starting');
/** How the page gets a token. */
export const settings = signal<ConsoleSettings | undefined>(undefined);
/** Why one must sign in, or sign in again. */
export const trouble = signal<Trouble | undefined>(undefined);

/** The server's own token. In memory only: it ends with the page. */
const token = signal<string | undefined>(undefined);
/** Those of an issuer. In memory only too. */
let tokens: Tokens | undefined;
/** The API took one of this sign-in: a later one that it refuses has ended, whatever our clock says. */
let wasTaken = false;

/** What signs in at an issuer, which a page without one never loads. */
const issuer = () => import('./issuer.ts');

/** The one thing that outlives the page, while somebody is at the issuer to sign in; taken away as soon as the page is back. */
const KEPT = 'session-warden.sign-in';

// Back from the issuer without an answer: as it was left the page would wait for ever.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});

interface Kept {
  readonly begun: Begun;
  readonly view: unknown;
}

function takeKept(): Kept | undefined {
  // A browser may keep nothing for a page, and say so by an error.
  try {
    const text = sessionStorage.getItem(KEPT);
    sessionStorage.removeItem(KEPT);
    const kept: Kept | null = JSON.parse(text ?? 'null');
    return kept ?? undefined;
  } catch {
    return undefined;
  }
}

/** Takes what an issuer or a link wrote there out of the address, so that no history, bookmark or screenshot holds it. */
function takeAddress(): { readonly answer: URLSearchParams | undefined; readonly linked: string | undefined } {
  const { hash, pathname, search } = location;
  const answer = new URLSearchParams(search);
  const [, linked] = /^#token=(.+)$/.exec(hash) ?? [];
  if (search !== '' || linked !== undefined) history.replaceState(null, '', pathname);
  const isAnswer = answer.has('code') || answer.has('error');
  return { answer: isAnswer ? answer : undefined, linked };
}

const AGAIN_MS = 2_000;

async function readSettings(): Promise<ConsoleSettings> {
  for (;;) {
    try {
      const answer = await fetch(new URL('settings.json', document.baseURI), { cache: 'no-store' });
      if (answer.ok) return await answer.json();
    } catch {
      // Asked again below.
    }
    const hint = 'It is asked again by itself.';
    trouble.value = { title: 'The server of this page cannot be reached.', detail: null, hint };
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/**
 * Finds out how to sign in, and ends a sign-in from which the issuer sends the page back.
 *
 * @returns how the page looked when that was begun
 */
export async function start(): Promise<unknown> {
  const kept = takeKept();
  const { answer, linked } = takeAddress();
  const how = await readSettings();
  trouble.value = undefined;
  settings.value = how;
  if (how.signIn === 'token') {
    if (linked !== undefined) token.value = decodeURIComponent(linked);
    standing.value = 'in';
  } else if (answer === undefined) standing.value = 'asks';
  else await end(how, answer, kept?.begun);
  return kept?.view;
}

async function end(how: IssuerSettings, answer: URLSearchParams, begun: Begun | undefined): Promise<void> {
  if (begun === undefined) {
    ask(NOT_BEGUN);
    return;
  }
  const { finish, troubleOf } = await issuer();
  try {
    tokens = await finish(how, answer, begun);
    wasTaken = false;
    standing.value = 'in';
  } catch (error) {
    ask(troubleOf(how, error));
  }
}

const NOT_BEGUN: Trouble = {
  title: 'This sign-in was not begun in this tab.',
  detail: null,
  hint: 'The link that led here may be from a person who wants you to act in their name. Sign in from this page.',
};
const ENDED: Trouble = {
  title: 'Your sign-in has expired.',
  detail: null,
  hint: 'Sign in again: filter and selection are kept.',
};
const NOT_TAKEN: Trouble = {
  title: 'The API does not take the token of your sign-in.',
  detail: null,
  hint: 'Ask the team that runs Session Warden whether the issuer gives this page access tokens for the audience of the API.',
};

function ask(why: Trouble | undefined): void {
  tokens = undefined;
  trouble.value = why;
  standing.value = 'asks';
}

/** Goes to the issuer to sign in. What the page shows is kept, so that one comes back to where one was. */
export async function signIn(view: unknown): Promise<void> {
  const how = settings.value;
  if (how?.signIn !== 'issuer') return;
  standing.value = 'starting';
  const { begin, troubleOf } = await issuer();
  try {
    const { url, begun } = await begin(how);
    sessionStorage.setItem(KEPT, JSON.stringify({ begun, view } satisfies Kept));
    location.assign(url);
  } catch (error) {
    ask(troubleOf(how, error));
  }
}

/** Forgets every token, has the issuer take them back and end its session, and the page everything that it shows. */
export async function signOut(): Promise<void> {
  const how = settings.value;
  const last = tokens;
  token.value = undefined;
  ask(undefined);
  if (how?.signIn !== 'issuer' || last === undefined) return;
  standing.value = 'starting';
  const { leave } = await issuer();
  const url = await leave(how, last).catch(() => undefined);
  location.replace(url ?? location.pathname);
}

/** Goes on with another token of the server's. */
export function useToken(text: string): void {
  // What is pasted may be the whole line of the file.
  token.value = text.trim().replace(/^(Authorization: *)?Bearer +/i, '');
  standing.value = 'in';
}

/** True where there is something to sign out of. */
export const hasToken = (): boolean =>
  settings.value?.signIn === 'issuer' ? standing.value === 'in' : token.value !== undefined;

/** The one renewal under way: an issuer may take a refresh token once only. */
let renewing: Promise<boolean> | undefined;

function renewed(how: IssuerSettings): Promise<boolean> {
  renewing ??= (async () => {
    const before = tokens;
    if (before?.refreshToken === undefined) return false;
    const after = await (await issuer()).renew(how, before);
    // Who signed out meanwhile stays signed out.
    if (after !== undefined && tokens === before) tokens = after;
    return after !== undefined;
  })().finally(() => {
    renewing = undefined;
  });
  return renewing;
}

const isOver = ({ endsAt }: Tokens): boolean => endsAt !== undefined && Date.now() >= endsAt;

/** What the API is sent; a token that has ended is renewed first, or one is asked to sign in again. May throw where the issuer cannot be reached. */
export async function bearer(): Promise<string | undefined> {
  const how = settings.value;
  if (how?.signIn !== 'issuer') return token.value;
  if (tokens !== undefined && isOver(tokens) && !(await renewed(how))) ask(ENDED);
  return tokens?.accessToken;
}

/** The API took a token. */
export function taken(): void {
  wasTaken = true;
}

/** The API refused a token. @returns true where another one is there by now: then it may be asked again */
export async function refused(sent: string | undefined): Promise<boolean> {
  const how = settings.value;
  if (how?.signIn !== 'issuer') {
    standing.value = 'asks';
    return false;
  }
  if (tokens === undefined) return false;
  if (tokens.accessToken !== sent || (await renewed(how))) return true;
  if (tokens !== undefined) ask(wasTaken ? ENDED : NOT_TAKEN);
  return false;
}
