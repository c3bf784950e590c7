import { createHash } from 'node:crypto';

/** One short text for several values: the same for the same, in 43 characters that fit a key. */
export const hashOf = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
