import { isIPv6 } from 'node:net';
import { AppError } from '../errors.ts';
import type { Credentials, TargetDirectory, Tls } from './credentials.ts';
import { defaultTls, FINGERPRINT, isLoopback, SERVER_NAME, type Secured, secured } from './secured.ts';
import { isTargetName } from './target-name.ts';

/**
 * Targets given by URL, `mysql://user:password@host:port/database?tls=on&adminPort=33062`, with `serverName` and
 * `fingerprint` as in a secret: all parts percent-decoded, port 3306 and no database if not given; TLS is `off` for this
 * machine's own addresses unless a name or a certificate is expected there, and {@link defaultTls} else.
 *
 * @throws AppError `configuration-invalid`; `detail` names the target and the part, never what stands in it.
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
  const serverName = once('serverName', (text) => SERVER_NAME.test(text), 'a name that stands in the certificate');
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
