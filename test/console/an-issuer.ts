import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';

/** What the API is called at the issuer, and in a token's `aud`. */
export const RESOURCE = 'https://warden.example.com';
export const AUDIENCE = 'warden';
export const CLIENT_ID = 'console';

/** What a test may change of it while it runs. */
interface Manners {
  /** Seconds that a token is good for. */
  life: number;
  givesRefreshTokens: boolean;
  audience: string;
}

/** A server that listens on a free port of this machine. */
export async function listening(answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

const FORM = `<!doctype html><html lang="en"><title>Issuer</title>
<form method="post" action="?as=ada"><button>Sign in as ada</button></form>
<form method="post" action="?"><button>Cancel</button></form></html>`;

function configuration(manners: Manners, consoles: readonly string[], key: object): Configuration {
  const redirects = consoles.map((one) => `${one}/console/index.html`);
  return {
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: redirects,
        post_logout_redirect_uris: redirects,
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: ['of a test'] },
    clientBasedCORS: () => true,
    pkce: { required: () => true },
    issueRefreshToken: () => manners.givesRefreshTokens,
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    extraTokenClaims: () => ({ groups: ['operator'] }),
    // Nobody is asked to consent: it is the company's own.
    loadExistingGrant: async ({ oidc }) => {
      const { client, session, provider } = oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid');
      grant.addResourceScope(RESOURCE, 'warden/kill');
      await grant.save();
      return grant;
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = `<!doctype html><html lang="en"><title>Issuer</title>${form}<button form="op.logoutForm" name="logout" value="yes">Sign out everywhere</button></html>`;
        },
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'warden/kill',
          audience: manners.audience,
          accessTokenTTL: manners.life,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  };
}

/** A real OpenID provider, at which `ada` signs in by a button, for consoles at some addresses. */
export async function anIssuer(consoles: readonly string[]) {
  const manners: Manners = { life: 600, givesRefreshTokens: false, audience: AUDIENCE };
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'one' };
  let provider: Provider | undefined;
  let callback: ReturnType<Provider['callback']> | undefined;
  const { address, close } = await listening(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://issuer');
    if (!url.pathname.startsWith('/interaction/')) return callback?.(request, response);
    if (request.method === 'GET') return response.setHeader('content-type', 'text/html').end(FORM);
    const accountId = url.searchParams.get('as');
    const denied = { error: 'access_denied', error_description: 'ada <b>pressed</b> Cancel' };
    return provider?.interactionFinished(request, response, accountId === null ? denied : { login: { accountId } });
  });
  provider = new Provider(address, configuration(manners, consoles, key));
  callback = provider.callback();
  const takenBack: string[] = [];
  provider.on('refresh_token.destroyed', ({ jti }) => takenBack.push(jti));
  return { address, manners, takenBack, close };
}

/**
 * An issuer that is not the one that was configured: its account of itself names another, or it answers in the name of
 * another after people went there to sign in.
 */
export async function anImpostor(how: 'in its account' | 'in its answer') {
  const tokens: string[] = [];
  const { address, close } = await listening((request, response) => {
    const url = new URL(request.url ?? '/', 'http://impostor');
    response.setHeader('access-control-allow-origin', '*');
    if (url.pathname === '/sign-in') {
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      const state = url.searchParams.get('state') ?? '';
      back.search = String(new URLSearchParams({ code: 'theirs', state, iss: 'https://other.example.com' }));
      return response.writeHead(302, { location: back.href }).end();
    }
    if (url.pathname === '/token') tokens.push(url.href);
    const issuer = how === 'in its account' ? 'https://other.example.com' : address;
    const account = {
      issuer,
      authorization_endpoint: `${address}/sign-in`,
      token_endpoint: `${address}/token`,
      authorization_response_iss_parameter_supported: true,
    };
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(account));
  });
  return { address, tokens, close };
}
