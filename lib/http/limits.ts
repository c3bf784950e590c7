import { AppError } from '../errors.ts';
import { fieldName } from './invalid.ts';
import type { HttpRequest } from './request.ts';

/** Bytes of a body, once decoded. */
export const MAX_BODY_BYTES = 256 * 1024;
/** Bytes of one header's value, and of the query string. */
export const MAX_PART_BYTES = 8 * 1024;

const isLonger = (text: string, bytes: number): boolean =>
  text.length > bytes || (text.length * 3 > bytes && Buffer.byteLength(text) > bytes);

function refuse(part: string, bytes: number): never {
  throw new AppError('body-too-large', { detail: `${part}: at most ${bytes} bytes.` });
}

/**
 * Refuses a request that is larger than any good one, before anything reads it.
 *
 * @throws AppError `body-too-large`, whose detail names the part.
 */
export function checkLimits({ headers, rawQuery, queryParameters, body, isBase64 }: HttpRequest): void {
  for (const [name, value] of Object.entries(headers)) {
    if (isLonger(value, MAX_PART_BYTES)) refuse(`header ${fieldName(name)}`, MAX_PART_BYTES);
  }
  const query = rawQuery ?? Object.entries(queryParameters).flat().join('&');
  if (isLonger(query, MAX_PART_BYTES)) refuse('query string', MAX_PART_BYTES);
  if (typeof body !== 'string') return;
  const isTooLong = isBase64 ? Buffer.byteLength(body, 'base64') > MAX_BODY_BYTES : isLonger(body, MAX_BODY_BYTES);
  if (isTooLong) refuse('body', MAX_BODY_BYTES);
}
