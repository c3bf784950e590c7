import { AppError, type ErrorCode } from '../errors.ts';
import type { Dialect, Fault } from './dialect.ts';

/**
 * Error numbers that all engines share.
 * Source: MySQL's errmsg-utf8 / MariaDB's errmsg-utf8 / OceanBase's ob_errno, which keep these numbers.
 */
const BY_NUMBER: Readonly<Record<number, Fault>> = {
  1040: 'full',
  1203: 'limited',
  1226: 'limited',
  1044: 'login',
  1045: 'login',
  1698: 'login',
  1820: 'login',
  1862: 'login',
  3118: 'login',
  1049: 'login',
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

const BY_CODE: Readonly<Record<string, Fault>> = {
  ETIMEDOUT: 'timeout',
  PROTOCOL_SEQUENCE_TIMEOUT: 'timeout',
};

const hasFields = (error: unknown): error is { errno?: unknown; code?: unknown; fatal?: unknown } =>
  typeof error === 'object' && error !== null;

/** Names the fault behind a driver's error, or `undefined` for one that no server documents for what we send. */
export function faultOf(error: unknown, dialect?: Pick<Dialect, 'faults'>): Fault | undefined {
  if (!hasFields(error)) return undefined;
  if (typeof error.code === 'string' && error.code in BY_CODE) return BY_CODE[error.code];
  if (typeof error.errno === 'number' && error.errno > 0) {
    const fault = dialect?.faults[error.errno] ?? BY_NUMBER[error.errno];
    if (fault !== undefined) return fault;
  }
  // Whatever else ends the connection itself (refused, reset, lost, no such host, a failed TLS handshake).
  return error.fatal === true ? 'unreachable' : undefined;
}

const CODES: Readonly<Record<Exclude<Fault, 'no-such-session' | 'missing'>, { code: ErrorCode; retryAfter?: number }>> =
  {
    login: { code: 'target-denied' },
    privilege: { code: 'target-privilege-missing' },
    full: { code: 'target-full', retryAfter: 5 },
    limited: { code: 'target-account-full', retryAfter: 60 },
    timeout: { code: 'target-timeout' },
    unreachable: { code: 'target-unreachable', retryAfter: 5 },
  };

/** What the caller is told of a database's failure; the driver's error stays inside as the cause. */
export function toAppError(cause: unknown, dialect?: Pick<Dialect, 'faults'>): AppError {
  if (cause instanceof AppError) return cause;
  const fault = faultOf(cause, dialect);
  if (fault === undefined || fault === 'no-such-session' || fault === 'missing')
    return new AppError('target-failed', { cause });
  const { code, retryAfter } = CODES[fault];
  return new AppError(code, { cause, ...(retryAfter === undefined ? {} : { retryAfter }) });
}

/** True where the account lacks a privilege or the server a view: there may be a lesser way. Takes a driver's error, or one already named. */
export function isLacking(error: unknown, dialect: Pick<Dialect, 'faults'>): boolean {
  const fault = faultOf(error instanceof AppError ? error.cause : error, dialect);
  return fault === 'privilege' || fault === 'missing';
}
