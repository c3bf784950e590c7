import { AppError } from '../errors.ts';
import { finished, type HttpAnswer, json } from './answer.ts';
import type { HttpRequest } from './request.ts';

const RETRY_STATUSES: ReadonlySet<number> = new Set([429, 503]);
const DEFAULT_RETRY_SECONDS = 5;

const secondsToRetry = ({ status, retryAfter }: AppError): number | undefined => {
  const seconds = retryAfter ?? (RETRY_STATUSES.has(status) ? DEFAULT_RETRY_SECONDS : undefined);
  return seconds === undefined ? undefined : Math.max(1, Math.ceil(seconds));
};

/** A path as a URI reference: what a URI cannot hold is encoded, what is encoded already stays. */
const toReference = (path: string): string =>
  path
    .slice(0, 1024)
    .toWellFormed()
    .replace(/[^!#-;=?-Z_a-z~[\]]/gu, encodeURIComponent);

function headersOf(error: AppError): Record<string, string> {
  const seconds = secondsToRetry(error);
  return {
    'content-type': 'application/problem+json',
    ...(seconds !== undefined && { 'retry-after': String(seconds) }),
    ...(error.status === 401 && { 'www-authenticate': 'Bearer' }),
  };
}

/**
 * Any failure as `application/problem+json` (RFC 9457) with the catalogue's `code` and `hint`. What is no
 * {@link AppError} is `internal`, and says nothing of itself. Never throws.
 */
export function problemAnswer(
  failure: unknown,
  { requestId, path }: Pick<HttpRequest, 'requestId' | 'path'>,
): HttpAnswer {
  const error = failure instanceof AppError ? failure : new AppError('internal');
  const problem = {
    type: `urn:session-warden:problem:${error.code}`,
    title: error.message,
    status: error.status,
    detail: error.detail,
    instance: toReference(path),
    code: error.code,
    hint: error.hint,
    requestId,
    auditId: error.auditId,
  };
  return finished(json(error.status, problem, headersOf(error)), requestId);
}
