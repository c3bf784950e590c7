import * as z from 'zod/mini';
import { AppError } from '../errors.ts';
import {
  type Credentials,
  defaultTls,
  FINGERPRINT,
  isTargetName,
  SERVER_NAME,
  secured,
  type Target,
  type TargetDirectory,
} from './credentials.ts';
import {
  hasTag,
  listSecretNames,
  readSecret,
  type SecretRead,
  type SecretsClient,
  type SecretTag,
} from './secret-store.ts';

/** How to find targets in Secrets Manager: by prefix, by tag, or by both. */
export interface SecretsManagerOptions {
  /** What the names of all target secrets start with; a target is called what follows. Empty only where there is a tag. */
  readonly prefix: string;
  /** What all target secrets bear; its key and value are compared exactly. */
  readonly tag?: SecretTag | undefined;
  readonly client: SecretsClient;
  /** How long the list of targets is kept, and what there is besides; 300 if not given. */
  readonly ttlSeconds?: number;
  /** How long a secret is kept, `ttlSeconds` if not given: one that changes is read again as soon as the server refuses it. */
  readonly secretSeconds?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Told once about secrets whose names cannot be targets' names. */
  readonly warn?: (message: string) => void;
}

const PREFIX = /^[A-Za-z0-9/_+=.@-]{1,400}$/;

/**
 * Targets are the secrets whose names start with the prefix and that bear the tag, compared exactly; no other secret's
 * value is asked for or told: one with the prefix and without the tag is not there. AWS is asked once for concurrent
 * callers and again after its time, so a tag that is taken away counts until then; a failure is not kept. Its methods
 * reject with AppError: `credentials-unavailable` if AWS fails, `configuration-invalid` for a secret that is not valid,
 * `target-not-found` where it has gone since it was found.
 *
 * @throws AppError `configuration-invalid` for a prefix that no secret's name can start with, and without prefix and tag.
 */
export function createSecretsManagerDirectory({
  prefix,
  tag,
  client,
  ttlSeconds = 300,
  secretSeconds = ttlSeconds,
  now = Date.now,
  warn = (message) => process.emitWarning(message),
}: SecretsManagerOptions): TargetDirectory {
  // Without both, every secret of the account would be a target.
  if (!PREFIX.test(prefix) && !(tag !== undefined && prefix === '')) {
    throw new AppError('configuration-invalid', { detail: 'prefix: write 1 to 400 letters, digits and /_+=.@-.' });
  }
  let warned = '';

  const fetchTargets = async (): Promise<readonly Target[]> => {
    const names = (await listSecretNames(client, { prefix, tag })).map((name) => name.slice(prefix.length)).sort();
    const skipped = names.filter((name) => !isTargetName(name));
    if (skipped.length > 0 && skipped.join() !== warned) {
      warned = skipped.join();
      warn(
        `${skipped.length} secrets under ${prefix || '/'} are no targets, their names do not suit: ${skipped.slice(0, 5)}`,
      );
    }
    return names.filter(isTargetName).map((name) => ({ name }));
  };
  const targets = createSharedCache(fetchTargets, { ttlSeconds, now });
  // The tag first: the role may not even be allowed to read what does not bear it.
  const read = async (name: string): Promise<SecretRead> =>
    tag !== undefined && !(await hasTag(client, prefix + name, tag))
      ? 'no-secret'
      : readSecret(client, prefix + name, 'AWSCURRENT');
  const current = createSharedCache(read, {
    ttlSeconds: secretSeconds,
    now,
    isKept: (found) => typeof found !== 'string', // anybody's made-up names would fill the memory, and hide new secrets
  });

  return {
    inSecretsManager: true,
    list: () => targets.get('').value,

    async find(name) {
      if (!isTargetName(name)) return undefined;
      return (await current.get(name).value) === 'no-secret' ? undefined : { name };
    },

    async *candidates({ name }) {
      const cached = current.get(name);
      const first = usable(await cached.value, name);
      yield await withIamToken(first);

      const second = usable(await current.getNewer(name, cached).value, name);
      if (isNew(second, [first])) yield await withIamToken(second);

      const pending = await readSecret(client, prefix + name, 'AWSPENDING');
      const tried = [first, second];
      if (typeof pending !== 'string') {
        const third = toCredentials(pending.text, name);
        if (isNew(third, tried)) yield await withIamToken(third);
        tried.push(third);
      }
      // A rotation that was completed between the last two reads: what was pending is current by now, and no server refuses it.
      const last = usable(await current.getNewer(name, current.get(name)).value, name);
      if (isNew(last, tried)) yield await withIamToken(last);
    },
  };
}

function usable(read: SecretRead, name: string): Credentials {
  if (read === 'no-secret') throw new AppError('target-not-found');
  if (read === 'no-value') {
    throw new AppError('configuration-invalid', { detail: `target ${name}: its secret holds no text.` });
  }
  return toCredentials(read.text, name);
}

/** A server that refused a login would refuse the same again. */
const isNew = (one: Credentials, tried: readonly Credentials[]): boolean =>
  !tried.some(
    ({ host, port, user, password }) =>
      host === one.host && port === one.port && user === one.user && password === one.password,
  );

/**
 * Credentials with a token in place of a password, where the target says so: RDS takes it for 15 minutes. The token is
 * made on this side, with the function's own role and region.
 *
 * @throws AppError `credentials-unavailable` where the role's own credentials or the region are missing
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
 */
export async function withIamToken(credentials: Credentials): Promise<Credentials> {
  if (!credentials.iam) return credentials;
  const { host: hostname, port, user: username } = credentials;
  const { Signer } = await import('@aws-sdk/rds-signer');
  try {
    return { ...credentials, password: await new Signer({ hostname, port, username }).getAuthToken() };
  } catch (cause) {
    throw new AppError('credentials-unavailable', { cause, detail: 'RDS IAM: no token could be made.', retryAfter: 2 });
  }
}

/** One fetch and its result, the same for all who asked meanwhile. */
export interface Cached<T> {
  readonly value: Promise<T>;
  readonly at: number;
}

/** Keeps what was fetched for a short life. */
export interface SharedCache<T> {
  /** What is kept for the key, or fetched now. Concurrent callers share one fetch, also where it is not kept after. */
  get(key: string): Cached<T>;
  /** A fetch begun after the one given: another caller's, if there is one by now, or its own. */
  getNewer(key: string, than: Cached<T>): Cached<T>;
}

/** How long to keep, and what. A failed fetch is never kept. */
export interface SharedCacheOptions<T> {
  readonly ttlSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Says no to what must be asked for again next time, such as "there is none". */
  readonly isKept?: (value: T) => boolean;
}

/** Makes a {@link SharedCache}. */
export function createSharedCache<T>(
  fetchValue: (key: string) => Promise<T>,
  { ttlSeconds, now, isKept = () => true }: SharedCacheOptions<T>,
): SharedCache<T> {
  const kept = new Map<string, Cached<T>>();

  const begin = (key: string): Cached<T> => {
    const entry = { value: fetchValue(key), at: now() };
    kept.set(key, entry);
    const drop = () => {
      if (kept.get(key) === entry) kept.delete(key);
    };
    entry.value.then((value) => isKept(value) || drop(), drop);
    return entry;
  };
  const fresh = (key: string) => {
    const entry = kept.get(key);
    return entry && now() - entry.at < ttlSeconds * 1000 ? entry : undefined;
  };

  return {
    get: (key) => fresh(key) ?? begin(key),
    getNewer: (key, than) => {
      const entry = fresh(key);
      return entry && entry !== than ? entry : begin(key);
    },
  };
}

const port = z.pipe(
  z.pipe(z.union([z.number(), z.string().check(z.regex(/^\d{1,5}$/))]), z.transform(Number)),
  z.int().check(z.minimum(1), z.maximum(65_535)),
);

const HOST = /^[^\s/@]{1,253}$/;

/**
 * The standard secret of Amazon RDS, with `tls`, `serverName`, `fingerprint`, `adminHost` and `adminPort` of our own. Other fields are let be: AWS adds `masterarn`,
 * `dbInstanceIdentifier` and more.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
const secretSchema = z.looseObject({
  engine: z.optional(z.string()),
  host: z.string().check(z.regex(HOST)),
  port: z._default(port, 3306),
  adminHost: z.optional(z.string().check(z.regex(HOST))),
  adminPort: z.optional(port),
  username: z.string().check(z.minLength(1)),
  password: z.optional(z.string().check(z.minLength(1))),
  auth: z._default(z.enum(['password', 'iam']), 'password'),
  dbname: z.optional(z.string()),
  tls: z.optional(z.enum(['on', 'rds', 'unverified', 'off'])),
  serverName: z.optional(z.string().check(z.regex(SERVER_NAME))),
  fingerprint: z.optional(z.string().check(z.regex(FINGERPRINT))),
});

/** An IPv6 address has more colons than one, and no brackets. */
const WITH_PORT = /^(?:[^:]*|\[.*\]):\d+$/;

const OWN = 'make one of your own with host, port, username and password';
const NO_HOST = `has no "host". Secrets that RDS manages for a master user have none: ${OWN}`;
const IDENTIFIER_ONLY = `has no "host", only an identifier, as some that RDS manages do: add the endpoint as "host", or ${OWN}`;

/**
 * What a secret's text says about connecting. The port is 3306 and TLS is {@link defaultTls} where it does not say.
 *
 * @throws AppError `configuration-invalid`; `detail` names target and field, and neither it nor `cause` holds a value.
 */
export function toCredentials(secretText: string, targetName: string): Credentials {
  const invalid = (what: string) =>
    // No cause: the messages of JSON.parse quote the text, password and all.
    new AppError('configuration-invalid', { detail: `target ${targetName}: its secret ${what}.` });

  const value = parseObject(secretText);
  if (value === undefined) throw invalid('is not a JSON object');
  if (value['host'] === undefined) {
    const hasIdentifier = value['dbClusterIdentifier'] !== undefined || value['dbInstanceIdentifier'] !== undefined;
    throw invalid(hasIdentifier ? IDENTIFIER_ONLY : NO_HOST);
  }
  const { data, error } = secretSchema.safeParse(value);
  if (typeof value['host'] === 'string' && WITH_PORT.test(value['host']))
    throw invalid('has a port in its "host": put it into "port"');
  if (error) {
    const field = String(error.issues[0]?.path[0]);
    throw invalid(value[field] === undefined ? `has no "${field}"` : `has a "${field}" that is not valid`);
  }
  const tls = data.tls ?? defaultTls(data.host);
  const security = secured(tls, data.serverName, data.fingerprint);
  if ('contradiction' in security) throw invalid(`contradicts itself: ${security.contradiction}`);
  const isIam = data.auth === 'iam';
  if (data.adminHost !== undefined && data.adminPort === undefined)
    throw invalid('has "adminHost" without "adminPort"');
  if (isIam && (tls === 'off' || tls === 'unverified'))
    throw invalid(`says "auth": "iam" with "tls": "${tls}": a token needs TLS whose certificate is compared`);
  if (!isIam && data.password === undefined) throw invalid('has no "password"');
  return {
    host: data.host,
    port: data.port,
    user: data.username,
    password: isIam ? '' : (data.password ?? ''),
    database: data.dbname || undefined,
    ...security,
    ...(isIam && { iam: true }),
    ...(data.adminPort !== undefined && { admin: { host: data.adminHost ?? data.host, port: data.adminPort } }),
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return z.record(z.string(), z.unknown()).safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
