import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { AppError } from './errors.ts';

const MAX_LENGTH = 2_000;
const cursorSchema = z.strictObject({ h: z.string(), a: z.unknown() });

/**
 * Text that leads to the next page: where the last one ended, and a fingerprint of the query that it belongs to. Safe
 * in a URL. It is neither secret nor signed: put nothing into `position` that its holder may not know, and judge
 * access again on each page.
 *
 * @param binding JSON of everything that must be the same on the next page: filters, sort, principal. The order of
 * an object's fields does not matter.
 * @param position JSON of where to go on.
 */
export const encodeCursor = (binding: unknown, position: unknown): string =>
  Buffer.from(JSON.stringify({ h: fingerprint(binding), a: position })).toString('base64url');

/**
 * The position that {@link encodeCursor} was given. The caller checks its shape: the sender may have made it up.
 *
 * @throws AppError `request-invalid` for text that is no cursor, or that of another query.
 */
export function decodeCursor(text: string, binding: unknown): unknown {
  const cursor = parse(text);
  if (!cursor) throw new AppError('request-invalid', { detail: 'cursor: it is not one that a page gave.' });
  if (cursor.h !== fingerprint(binding)) {
    throw new AppError('request-invalid', {
      detail: 'cursor: it belongs to another query; start again without a cursor.',
    });
  }
  return cursor.a;
}

function parse(text: string): z.infer<typeof cursorSchema> | undefined {
  if (text.length > MAX_LENGTH || !/^[\w-]+$/.test(text)) return undefined;
  try {
    return cursorSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString())).data;
  } catch {
    return undefined;
  }
}

const fingerprint = (binding: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(binding, sortFields) ?? '')
    .digest('base64url')
    .slice(0, 22);

const sortFields = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
