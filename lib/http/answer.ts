import { AppError } from '../errors.ts';

/** A Lambda's answer to API Gateway (HTTP API, payload 2.0). */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
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

/** The answer with the headers that every one has: nothing here may be cached, and each names its request. */
export const finished = (answer: HttpAnswer, requestId: string): HttpAnswer => ({
  ...answer,
  headers: { ...answer.headers, 'cache-control': 'no-store', 'x-request-id': requestId },
});

// Lambda takes 6 MiB; the body is text inside JSON there, so each of its quotes and backslashes counts twice.
const MAX_ANSWER_BYTES = 6 * 1024 * 1024 - 16 * 1024;

/** @throws AppError `answer-too-large` for one that Lambda would drop without a word. */
export function checkSize({ body }: HttpAnswer): void {
  if (body.length * 6 < MAX_ANSWER_BYTES) return;
  if (Buffer.byteLength(JSON.stringify(body)) > MAX_ANSWER_BYTES) throw new AppError('answer-too-large');
}
