import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import { AppError } from '../errors.ts';
import { type HttpAnswer, json } from './answer.ts';
import type { HttpRequest } from './request.ts';

// OpenID Connect wants TLS; a server of this machine may do without.
const HTTPS = /^(?:https:\/\/|http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?:[:/]|$))/;
const address = z.url({ protocol: /^https?$/ }).check(z.regex(HTTPS));
const word = z.string().check(z.minLength(1), z.maxLength(500));

const signInSchema = z.strictObject({
  /** Exactly as in a token's `iss`. */
  issuer: address,
  /** The console as the issuer knows it: a public client, with no secret. */
  clientId: word,
  scope: word.check(z.regex(/(?:^| )openid(?: |$)/)),
  /** For which API the token is to be: as RFC 8707 asks for it, and as Auth0 does. */
  resource: z.optional(word),
  audience: z.optional(word),
  /** Origins besides the issuer's that its endpoints stand at. */
  origins: z._default(z.array(address), []),
});

/** How people sign in at an issuer. Nothing in it is secret: the page shows it to anyone. */
export type IssuerSignIn = z.infer<typeof signInSchema>;

/** How the console's page gets what it sends to the API: a token that a person has, or one of an issuer. */
export type ConsoleSettings = { readonly signIn: 'token' } | ({ readonly signIn: 'issuer' } & IssuerSignIn);

/** Reads the JSON that a deployment writes. @throws AppError `configuration-invalid` that names the field */
export function parseSignIn(text: string): ConsoleSettings {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError('configuration-invalid', { detail: 'CONSOLE_SIGN_IN: not JSON.' });
  }
  const { data, error } = z.safeParse(signInSchema, value);
  if (data) return { signIn: 'issuer', ...data };
  const field = error.issues[0]?.path.join('.') || 'the object';
  throw new AppError('configuration-invalid', { detail: `CONSOLE_SIGN_IN: ${field} is not what it must be.` });
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/** The origins that the page asks besides its own. */
const originsOf = (settings: ConsoleSettings): readonly string[] =>
  settings.signIn === 'token'
    ? []
    : [...new Set([settings.issuer, ...settings.origins].map((one) => new URL(one).origin))];

/**
 * No other origin but those to sign in at, no code and no style inside the page, no form that leads elsewhere, and no text
 * that becomes markup.
 */
const headersFor = (settings: ConsoleSettings): Readonly<Record<string, string>> => ({
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    ["connect-src 'self'", ...originsOf(settings)].join(' '),
    "img-src 'self' data:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  // Kept, and asked for again each time: a new version is there at once.
  'cache-control': 'no-cache',
  vary: 'accept-encoding',
});

/** Once for each text: a process serves the same few files for as long as it lives. */
const packed = new Map<string, { readonly tag: string; readonly gzip: string }>();

function pack(text: string): { readonly tag: string; readonly gzip: string } {
  const known = packed.get(text);
  if (known !== undefined) return known;
  const tag = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  const made = { tag, gzip: gzipSync(text, { level: 9 }).toString('base64') };
  packed.set(text, made);
  return made;
}

/**
 * Answers for the console: the page and its files, which hold nothing secret and are the same for everybody, and the
 * settings by which it signs in. `npm start`, `warden serve` and a deployment all answer by this function.
 *
 * @throws AppError `route-not-found` for a file that the console does not have
 */
export function consoleAnswer(
  files: ReadonlyMap<string, string>,
  settings: ConsoleSettings,
  { path, headers }: Pick<HttpRequest, 'path' | 'headers'>,
): HttpAnswer {
  // API Gateway has no route that ends with a slash, and may or may not tell of one that came: this address is sure.
  if (path === '/' || path === '/console')
    return { statusCode: 302, headers: { location: '/console/index.html' }, body: '' };
  const name = path.replace(/^\/console\//, '') || 'index.html';
  const ours = headersFor(settings);
  if (name === 'settings.json') return json(200, settings, { ...ours, 'cache-control': 'no-store' });
  const text = files.get(name);
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
  if (text === undefined || type === undefined) throw new AppError('route-not-found');
  const isPacked = /(?:^|[, ])gzip(?! *; *q=0(?:\.0*)?(?:[, ]|$))/.test(headers['accept-encoding'] ?? '');
  const { tag, gzip } = pack(text);
  const etag = isPacked ? `"${tag}-gzip"` : `"${tag}"`;
  const common = { ...ours, 'content-type': type, etag };
  // Weak or not, one of several or not: a match saves the body, and nothing else hangs on it.
  if (headers['if-none-match']?.includes(etag)) return { statusCode: 304, headers: common, body: '' };
  return isPacked
    ? { statusCode: 200, headers: { ...common, 'content-encoding': 'gzip' }, body: gzip, isBase64Encoded: true }
    : { statusCode: 200, headers: common, body: text };
}
