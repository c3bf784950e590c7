import * as oauth from 'oauth4webapi';
import type { ConsoleSettings } from '../../../lib/http/console.ts';

/** How to sign in at an issuer. */
export type IssuerSettings = Extract<ConsoleSettings, { readonly signIn: 'issuer' }>;

/** What an issuer gave. In memory only. */
export interface Tokens {
  /** What the API is sent. */
  readonly accessToken: string;
  /** When it ends, by our own clock; `undefined` where the issuer does not tell. */
  readonly endsAt: number | undefined;
  readonly refreshToken: string | undefined;
  /** Names the session to end when signing out; the API takes none. */
  readonly idToken: string | undefined;
}

/** What the page must know when the issuer sends it back. Good for one answer, and worth nothing after it. */
export interface Begun {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Why there is no token, and what to do. */
export interface Trouble {
  readonly title: string;
  readonly detail: string | null;
  readonly hint: string;
}

/** Where the issuer sends people back to: this page and no other address, whatever the query says. */
const returnTo = (): string => new URL('index.html', document.baseURI).href;

const clientOf = ({ clientId }: IssuerSettings): oauth.Client => ({ client_id: clientId });

/** Without TLS only at an issuer on this machine. */
const isNear = ({ issuer }: IssuerSettings): boolean =>
  ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(issuer).hostname);
const options = (settings: IssuerSettings) => ({ [oauth.allowInsecureRequests]: isNear(settings) });

/** For which API a token is asked for. */
const forApi = ({ resource }: IssuerSettings): Record<string, string> => (resource === undefined ? {} : { resource });

/** An endpoint that the page's policy will not let it ask. */
class Elsewhere extends Error {}

/** The issuer's own account of itself, which must be of this very issuer. */
async function discover(settings: IssuerSettings): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(settings.issuer);
  const answer = await oauth.discoveryRequest(issuer, options(settings));
  const server = await oauth.processDiscoveryResponse(issuer, answer);
  const known = [settings.issuer, ...settings.origins].map((one) => new URL(one).origin);
  const { origin } = new URL(server.token_endpoint ?? settings.issuer);
  if (!known.includes(origin)) throw new Elsewhere(origin);
  return server;
}

/** An address of the issuer's to go to: never one that would run as code here. */
function addressOf(text: string | undefined, settings: IssuerSettings): URL | undefined {
  const url = text === undefined ? undefined : URL.parse(text);
  return url && (url.protocol === 'https:' || (isNear(settings) && url.protocol === 'http:')) ? url : undefined;
}

/** Where to go to sign in, and what to know when back. */
export async function begin(settings: IssuerSettings): Promise<{ readonly url: URL; readonly begun: Begun }> {
  const server = await discover(settings);
  const url = addressOf(server.authorization_endpoint, settings);
  if (url === undefined) throw new Error('It names no address to sign in at.');
  const begun = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
  };
  const asked = {
    response_type: 'code',
    client_id: settings.clientId,
    redirect_uri: returnTo(),
    scope: settings.scope,
    state: begun.state,
    nonce: begun.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(begun.verifier),
    code_challenge_method: 'S256',
    ...forApi(settings),
    ...(settings.audience !== undefined && { audience: settings.audience }),
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return { url, begun };
}

function tokensOf(
  { access_token, expires_in, refresh_token, id_token }: oauth.TokenEndpointResponse,
  before?: Tokens,
): Tokens {
  return {
    accessToken: access_token,
    endsAt: expires_in === undefined ? undefined : Date.now() + expires_in * 1_000,
    refreshToken: refresh_token ?? before?.refreshToken,
    idToken: id_token ?? before?.idToken,
  };
}

/** Trades what the issuer answered for tokens, if the answer is to what was begun here, and of this issuer. */
export async function finish(settings: IssuerSettings, answer: URLSearchParams, begun: Begun): Promise<Tokens> {
  const server = await discover(settings);
  const client = clientOf(settings);
  const valid = oauth.validateAuthResponse(server, client, answer, begun.state);
  const given = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    valid,
    returnTo(),
    begun.verifier,
    { ...options(settings), additionalParameters: forApi(settings) },
  );
  const expected = { expectedNonce: begun.nonce, requireIdToken: true };
  return tokensOf(await oauth.processAuthorizationCodeResponse(server, client, given, expected));
}

/** New tokens for old; `undefined` where the issuer gives none any more, and one must sign in again. */
export async function renew(settings: IssuerSettings, before: Tokens): Promise<Tokens | undefined> {
  if (before.refreshToken === undefined) return undefined;
  const server = await discover(settings);
  const client = clientOf(settings);
  const given = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), before.refreshToken, {
    ...options(settings),
    additionalParameters: forApi(settings),
  });
  try {
    return tokensOf(await oauth.processRefreshTokenResponse(server, client, given), before);
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError) return undefined;
    throw error;
  }
}

/** Takes tokens back where the issuer can, and tells where to go to end the session there too. */
export async function leave(settings: IssuerSettings, { accessToken, refreshToken, idToken }: Tokens) {
  const server = await discover(settings);
  const client = clientOf(settings);
  if (server.revocation_endpoint !== undefined) {
    const all = [refreshToken, accessToken].filter((one) => one !== undefined);
    // One that the issuer cannot take back ends by itself.
    const take = (one: string) => oauth.revocationRequest(server, client, oauth.None(), one, options(settings));
    await Promise.allSettled(all.map(take));
  }
  const url = addressOf(server.end_session_endpoint, settings);
  if (url === undefined) return undefined;
  url.searchParams.set('client_id', settings.clientId);
  if (idToken !== undefined) url.searchParams.set('id_token_hint', idToken);
  // Amazon Cognito has a name of its own for it.
  for (const name of ['post_logout_redirect_uri', 'logout_uri']) url.searchParams.set(name, returnTo());
  return url;
}

/** What a failed sign-in is called, and what to do. */
export function troubleOf({ issuer }: IssuerSettings, error: unknown): Trouble {
  if (error instanceof oauth.AuthorizationResponseError) {
    const said = [error.error, error.error_description].filter(Boolean).join(': ');
    return error.error === 'access_denied'
      ? {
          title: 'You were not signed in.',
          detail: said,
          hint: `Sign in again. If you are still refused, ask the team that runs ${issuer} for access to this application.`,
        }
      : { title: 'The issuer refused to sign you in.', detail: said, hint: CONFIGURED };
  }
  if (error instanceof oauth.ResponseBodyError) {
    const said = [error.error, error.error_description].filter(Boolean).join(': ');
    return { title: 'The issuer gave no token.', detail: said, hint: CONFIGURED };
  }
  if (error instanceof Elsewhere)
    return {
      title: 'The issuer gives tokens at an address that this page may not ask.',
      detail: error.message,
      hint: 'Ask the team that runs Session Warden to add it to console.origins (context consoleOrigins).',
    };
  if (error instanceof DOMException)
    return {
      title: 'This browser keeps nothing while you are at the issuer.',
      detail: null,
      hint: 'Allow this page to store data (sessionStorage), and sign in again.',
    };
  if (error instanceof TypeError)
    return {
      title: 'The issuer cannot be reached.',
      detail: issuer,
      hint: 'Try again. If it is up, it must let this page ask it (CORS).',
    };
  return {
    title: 'The answer is not one of the issuer that was configured.',
    detail: `${issuer}: ${error instanceof Error ? error.message : 'its answer cannot be read'}`,
    hint: 'Nothing was sent to the API. Ask the team that runs Session Warden to compare issuer and client ID; the clock of this machine must be right too.',
  };
}

const CONFIGURED =
  'Ask the team that runs Session Warden to compare client ID, scopes, resource and redirect URI with the issuer.';
