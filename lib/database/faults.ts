import { AppError, type AppErrorOptions, ERRORS, type ErrorCode } from '../errors.ts';
import type { ConnectFault, Dialect, Fault } from './dialect.ts';

/**
 * Error numbers that all engines share.
 * Source: MySQL's errmsg-utf8 / MariaDB's errmsg-utf8 / OceanBase's ob_errno, which keep these numbers.
 */
const BY_NUMBER: Readonly<Record<number, Fault>> = {
  1040: 'full',
  1203: 'limited',
  1226: 'limited',
  1045: 'login',
  1698: 'login',
  1044: 'target-database-unknown',
  1049: 'target-database-unknown',
  1053: 'target-shutting-down',
  1129: 'target-address-blocked',
  1130: 'target-address-refused',
  1251: 'target-login-method',
  1524: 'target-login-method',
  1820: 'target-password-expired',
  1862: 'target-password-expired',
  3032: 'target-offline',
  3118: 'target-account-locked',
  3159: 'target-tls-required',
  4151: 'target-account-locked',
  1094: 'no-such-session',
  1095: 'privilege',
  1142: 'privilege',
  1143: 'privilege',
  1227: 'privilege',
  1370: 'privilege',
  1054: 'missing',
  1109: 'missing',
  1146: 'missing',
  1193: 'missing',
  1305: 'missing',
  1317: 'timeout',
  3024: 'timeout',
};

/**
 * Codes of the driver, of connection.ts, and of Node.
 * @see https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const BY_CODE: Readonly<Record<string, Fault>> = {
  ETIMEDOUT: 'timeout',
  PROTOCOL_SEQUENCE_TIMEOUT: 'timeout',
  ENOTFOUND: 'target-host-unknown',
  EAI_AGAIN: 'target-host-unknown',
  ECONNREFUSED: 'target-port-closed',
  EHOSTUNREACH: 'target-silent',
  EHOSTDOWN: 'target-silent',
  ENETUNREACH: 'target-silent',
  ENETDOWN: 'target-silent',
  ECONNECT: 'target-silent',
  AUTH_SWITCH_PLUGIN_ERROR: 'target-login-method',
  MYSQL_CLEAR_PASSWORD_NOT_ENABLED: 'target-login-method',
  HANDSHAKE_NO_SSL_SUPPORT: 'target-tls-absent',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'target-tls-old',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'target-tls-old',
  CERT_FINGERPRINT: 'target-certificate-changed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'target-certificate-name',
  HOSTNAME_MISMATCH: 'target-certificate-name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'target-certificate-self-signed',
  CERT_HAS_EXPIRED: 'target-certificate-expired',
  CERT_NOT_YET_VALID: 'target-certificate-expired',
  SELF_SIGNED_CERT_IN_CHAIN: 'target-certificate-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'target-certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'target-certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'target-certificate-untrusted',
  CERT_SIGNATURE_FAILURE: 'target-certificate-untrusted',
  CERT_UNTRUSTED: 'target-certificate-untrusted',
  CERT_REJECTED: 'target-certificate-untrusted',
  INVALID_CA: 'target-certificate-untrusted',
};

const hasFields = (error: unknown): error is { errno?: unknown; code?: unknown; fatal?: unknown; inTls?: unknown } =>
  typeof error === 'object' && error !== null;

/** Names the fault behind a driver's error, or `undefined` for one that no server documents for what we send. */
export function faultOf(error: unknown, dialect?: Pick<Dialect, 'faults'>): Fault | undefined {
  if (!hasFields(error)) return undefined;
  if (typeof error.code === 'string' && error.code in BY_CODE) return BY_CODE[error.code];
  if (typeof error.errno === 'number' && error.errno > 0) {
    const fault = dialect?.faults[error.errno] ?? BY_NUMBER[error.errno];
    if (fault !== undefined) return fault;
  }
  if (error.inTls === true) return 'target-tls-failed';
  // Whatever else ends the connection itself (reset, lost).
  return error.fatal === true ? 'unreachable' : undefined;
}

const CODES: Readonly<
  Record<Exclude<Fault, ConnectFault | 'no-such-session' | 'partly-killed' | 'missing'>, ErrorCode>
> = {
  login: 'target-denied',
  privilege: 'target-privilege-missing',
  full: 'target-full',
  limited: 'target-account-full',
  timeout: 'target-timeout',
  unreachable: 'target-unreachable',
};
/** Seconds after which it may be another way by itself. A limit of an account's own is one of an hour, or until others leave. */
const retryAfterOf = (code: ErrorCode): number | undefined =>
  code === 'target-account-full' ? 60 : ERRORS[code].status === 503 ? 5 : undefined;

const PLUGIN = /unknown plugin (\w{1,64})/;

/** What the driver or the server names by its message alone: the method of logging in. Names of plugins are letters, digits and _. */
function methodOf(cause: unknown): string | undefined {
  const name = cause instanceof Error ? PLUGIN.exec(cause.message)?.[1] : undefined;
  return name && `The server asks for ${name}.`;
}

/**
 * What the caller is told of a database's failure; the driver's error stays inside as the cause.
 *
 * @param more what is known besides of this very case, and whether its hint may speak of Secrets Manager.
 */
export function toAppError(
  cause: unknown,
  dialect?: Pick<Dialect, 'faults'>,
  more: Pick<AppErrorOptions, 'detail' | 'inSecretsManager'> = {},
): AppError {
  if (cause instanceof AppError) return cause;
  const fault = faultOf(cause, dialect);
  if (fault === undefined || fault === 'no-such-session' || fault === 'partly-killed' || fault === 'missing')
    return new AppError('target-failed', { cause });
  const code = isNamed(fault) ? CODES[fault] : fault;
  const retryAfter = retryAfterOf(code);
  const detail = code === 'target-login-method' ? methodOf(cause) : undefined;
  return new AppError(code, { cause, detail, ...more, ...(retryAfter !== undefined && { retryAfter }) });
}

const isNamed = (fault: Fault): fault is keyof typeof CODES => fault in CODES;

/** True where the account lacks a privilege or the server a view: there may be a lesser way. Takes a driver's error, or one already named. */
export function isLacking(error: unknown, dialect: Pick<Dialect, 'faults'>): boolean {
  const fault = faultOf(error instanceof AppError ? error.cause : error, dialect);
  return fault === 'privilege' || fault === 'missing';
}
