import { AppError } from '../errors.ts';

// What the comment can't be ended with: no `*`, no blank, nothing that a server reads as more than a comment (`/*!`).
const CORRELATION_ID = /^[\w+/=.:-]{1,128}$/;

/**
 * The comment that goes before each of our statements that end something, `/* session-warden <id> *\/`, with a blank after
 * it; empty without an ID. A DBA finds by it in the server's own logs which request it was.
 *
 * @throws AppError `internal` for an ID of other characters: nothing is sent then.
 */
export function correlationComment(correlationId: string | null): string {
  if (correlationId === null) return '';
  if (!CORRELATION_ID.test(correlationId)) throw new AppError('internal');
  return `/* session-warden ${correlationId} */ `;
}
