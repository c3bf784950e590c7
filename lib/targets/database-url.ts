import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { type Document, parseDocument } from 'yaml';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import {
  type Credentials,
  defaultTls,
  FINGERPRINT,
  isLoopback,
  isTargetName,
  SERVER_NAME,
  type Secured,
  secured,
  type TargetDirectory,
  type Tls,
} from './credentials.ts';

/**
 * Targets given by URL, `mysql://user:password@host:port/database?tls=on&adminPort=33062`, with `serverName` and
 * `fingerprint` as in a secret: all parts percent-decoded, port 3306 and no database if not given; TLS is `off` for this
 * machine's own addresses unless a name or a certificate is expected there, and {@link defaultTls} else.
 *
 * @throws AppError `configuration-invalid`; `detail` names the target and the part, never its value.
 */
export function createUrlDirectory(entries: ReadonlyMap<string, string>): TargetDirectory {
  const known = new Map([...entries].map(([name, url]) => [name, parseDatabaseUrl(name, url)]));
  return {
    list: async () => [...known.keys()].map((name) => ({ name })),
    find: async (name) => (known.has(name) ? { name } : undefined),
    async *candidates({ name }) {
      const credentials = known.get(name);
      if (!credentials) throw new AppError('target-not-found');
      yield credentials;
    },
  };
}

function parseDatabaseUrl(name: string, text: string): Credentials {
  const invalid = (what: string) =>
    // No cause: the error of `new URL` carries its input, password and all.
    new AppError('configuration-invalid', { detail: `target ${name.slice(0, 100)}: ${what}.` });

  if (!isTargetName(name)) throw invalid('the name must be letters, digits, "_", "." and "-", at most 100');
  const url = URL.parse(text);
  if (!url) throw invalid('the URL is not valid; special characters of the password must be percent-encoded');
  if (url.protocol !== 'mysql:') throw invalid('the URL must start with mysql://');
  const decode = (part: string, what: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw invalid(`the ${what} is not valid percent-encoding`);
    }
  };

  // A password with a bare `/`, `?` or `#` moves host, user and what follows: those show up in the three checks below.
  const path = url.pathname.replace(/^\//, '');
  if (url.hash || /[/@]/.test(path)) throw invalid('"/", "?", "#" and "@" in the password must be percent-encoded');
  // The unknown name is not told: after a bare `?` in the password it would be the password's end.
  if ([...url.searchParams.keys()].some((name) => !PARAMETERS.includes(name)))
    throw invalid(`the only query parameters are ${PARAMETERS.join(', ')}`);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!isHost(host)) throw invalid('the URL has no valid host');
  if (!url.username) throw invalid('the URL has no user');
  if (url.port === '0') throw invalid('the port must be 1 to 65535');
  const security = securedBy(url.searchParams, host, invalid);
  const admin = adminOf(url.searchParams, host, invalid);
  return {
    host,
    port: url.port ? Number(url.port) : 3306,
    user: decode(url.username, 'user'),
    password: decode(url.password, 'password'),
    database: decode(path, 'database') || undefined,
    ...security,
    ...(admin !== undefined && { admin }),
  };
}

const isHost = (text: string): boolean => isIPv6(text) || /^[A-Za-z0-9._-]{1,253}$/.test(text);

type Invalid = (what: string) => AppError;
const PARAMETERS = ['tls', 'serverName', 'fingerprint', 'adminPort', 'adminHost'];

function adminOf(parameters: URLSearchParams, ofTarget: string, invalid: Invalid): Credentials['admin'] {
  const [ports, hosts] = [parameters.getAll('adminPort'), parameters.getAll('adminHost')];
  if (ports.length === 0 && hosts.length === 0) return undefined;
  const port = Number(ports[0]);
  if (ports.length !== 1 || !/^\d{1,5}$/.test(ports[0] ?? '') || port < 1 || port > 65_535)
    throw invalid('adminPort must be given once, 1 to 65535');
  const [host = ofTarget] = hosts;
  if (hosts.length > 1 || !isHost(host)) throw invalid('adminHost must be given once, a host');
  return { host, port };
}

const MODES: readonly string[] = ['on', 'rds', 'unverified', 'off'] satisfies Tls[];
const isTls = (text: string): text is Tls => MODES.includes(text);

function securedBy(parameters: URLSearchParams, host: string, invalid: Invalid): Secured {
  const once = (name: string, is: (text: string) => boolean, form: string): string | undefined => {
    const [value, ...more] = parameters.getAll(name);
    if (more.length > 0 || (value !== undefined && !is(value))) throw invalid(`${name} must be given once, ${form}`);
    return value;
  };
  const mode = once('tls', isTls, 'as on, rds, unverified or off');
  const serverName = once('serverName', (text) => SERVER_NAME.test(text), 'a name in the certificate');
  const fingerprint = once(
    'fingerprint',
    (text) => FINGERPRINT.test(text),
    'the SHA-256 of the certificate in 64 hexadecimal digits',
  );
  const isPlain = isLoopback(host) && (serverName ?? fingerprint) === undefined;
  const tls = mode !== undefined && isTls(mode) ? mode : isPlain ? 'off' : defaultTls(host);
  const found = secured(tls, serverName, fingerprint);
  if ('contradiction' in found) throw invalid(found.contradiction);
  return found;
}

/** The name of the target that `DATABASE_URL` gives. */
export const LOCAL_TARGET = 'local';

/**
 * Target names and URLs from the environment: `DATABASE_URL` is the target `local`, `TARGETS` names a JSON or YAML file
 * of `{ name: url }`. Empty where neither is set. For one machine; Lambda functions read Secrets Manager.
 *
 * @throws AppError `configuration-invalid` for a file that cannot be read or has another shape, and for a `local` in
 * it next to `DATABASE_URL`.
 */
export function targetsFromEnvironment(env: Readonly<NodeJS.ProcessEnv>): ReadonlyMap<string, string> {
  const targets = new Map(env['TARGETS'] ? readTargets(env['TARGETS']) : []);
  if (env['DATABASE_URL']) {
    if (targets.has(LOCAL_TARGET)) throw invalid(`${LOCAL_TARGET} is listed, and DATABASE_URL is set too`);
    targets.set(LOCAL_TARGET, env['DATABASE_URL']);
  }
  return targets;
}

function readTargets(file: string): readonly (readonly [string, string])[] {
  const document = parseDocument(read(file), { stringKeys: true });
  const [mistake] = document.errors;
  // Line and code only: the message quotes the line, which holds a password.
  if (mistake) throw invalid(`line ${mistake.linePos?.[0].line ?? '?'} is not valid (${mistake.code})`);
  const { data, error } = z.record(z.string(), z.string()).safeParse(plain(document) ?? {});
  if (error) throw invalid(`${error.issues[0]?.path.join('.') || 'the file'} is not of the shape "name: url"`);
  return Object.entries(data);
}

function plain(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch {
    throw invalid('it has an alias without its anchor, or too many of them');
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw invalid('the file cannot be read', cause);
  }
}

const invalid = (what: string, cause?: unknown) =>
  new AppError('configuration-invalid', { detail: `TARGETS: ${what}.`, cause });
