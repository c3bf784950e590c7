import type { ApprovalView } from '../chatops/commands/get-approval.ts';
import { AppError } from '../errors.ts';
import type { KillResult, Outcome } from '../sessions/kill/outcome.ts';
import type { HttpRequest } from './request.ts';

/** A Lambda's answer to API Gateway (HTTP API, payload 2.0). */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body is bytes, written in base64. */
  readonly isBase64Encoded?: true;
}

/** An answer in JSON. */
export const json = (
  statusCode: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer => ({
  statusCode,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

/** The answer with the headers that every one has: it names its request, and nothing may be cached that does not say so. */
export const finished = (answer: HttpAnswer, requestId: string): HttpAnswer => ({
  ...answer,
  headers: { 'cache-control': 'no-store', ...answer.headers, 'x-request-id': requestId },
});

// Lambda takes 6 MiB; the body is text inside JSON there, so each of its quotes and backslashes counts twice.
const MAX_ANSWER_BYTES = 6 * 1024 * 1024 - 16 * 1024;

/** @throws AppError `answer-too-large` for one that Lambda would drop without a word. */
export function checkSize({ body }: HttpAnswer): void {
  if (body.length * 6 < MAX_ANSWER_BYTES) return;
  if (Buffer.byteLength(JSON.stringify(body)) > MAX_ANSWER_BYTES) throw new AppError('answer-too-large');
}

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

/** The page that explains an error: what `type` of a problem is (RFC 9457, 3.1.1). It stays the same from version to version. */
export const problemType = (code: string): string =>
  `https://github.com/session-warden/session-warden/blob/main/docs/errors.md#${code}`;

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
    type: problemType(error.code),
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

const STATUS: Record<Outcome, number> = {
  terminated: 200,
  'query-cancelled': 200,
  'already-gone': 200,
  changed: 200,
  pending: 202,
  refused: 403,
  'nothing-running': 200,
  'cut-another': 200,
};

const POLL_SECONDS = 2;

/** The answer to a question that was put to people; it says where and when to look again. */
export function approvalAnswer(view: ApprovalView): HttpAnswer {
  if (view.id === null) return json(200, view);
  const location = `/targets/${encodeURIComponent(view.target)}/approvals/${view.id}`;
  return json(202, view, { location, 'retry-after': String(POLL_SECONDS) });
}

/** The answer to one kill; of a pending one it says where and when to look again. */
export function killAnswer(result: KillResult): HttpAnswer {
  const status = STATUS[result.outcome];
  if (status !== 202) return json(status, result);
  const location = `/targets/${encodeURIComponent(result.target)}/sessions/${result.id}`;
  return json(status, result, { location, 'retry-after': String(POLL_SECONDS) });
}
