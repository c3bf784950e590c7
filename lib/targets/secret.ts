import * as z from 'zod/mini';
import { AppError } from '../errors.ts';
import type { Credentials } from './credentials.ts';
import { defaultTls, FINGERPRINT, SERVER_NAME, secured } from './credentials.ts';

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
export const secretSchema = z.looseObject({
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
