import { AppError } from '../errors.ts';

/** The characters of a tag, as they stand between the quotes of `If-Match`. */
export const TAG = /^[A-Za-z0-9._-]{1,120}$/;

/**
 * The one tag of an `If-Match` header without its quotes, or `null` where there is no such header.
 *
 * @throws AppError `tag-invalid` for `*`, a weak tag, several, none in double quotes, or other characters than a tag has.
 */
export function parseIfMatch(header: string | undefined): string | null {
  if (header === undefined) return null;
  const quoted = /^[ \t]*"([^"]*)"[ \t]*$/.exec(header)?.[1];
  if (quoted === undefined || !TAG.test(quoted)) {
    throw new AppError('tag-invalid', { detail: 'If-Match: exactly one strong tag in double quotes is taken.' });
  }
  return quoted;
}
