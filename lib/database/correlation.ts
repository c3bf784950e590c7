import { AppError } from '../errors.ts';
import { CORRELATION_ID } from '../telemetry/call.ts';

/** What our connections are called in the server's own tables. */
export const PROGRAM_NAME = 'session-warden';

/** How each of our statements begins. */
export const COMMENT_BEGINS = `/* ${PROGRAM_NAME} `;

/**
 * The comment that goes before our statements, `/* session-warden <id> *\/`, with a blank after it. A DBA finds by it in
 * the server's own logs which request it was, and we find the connections of other calls.
 *
 * @throws AppError `internal` for an ID of other characters: nothing is sent then.
 */
export function correlationComment(correlationId: string | null): string {
  if (correlationId === null) return `${COMMENT_BEGINS}*/ `;
  if (!CORRELATION_ID.test(correlationId)) throw new AppError('internal');
  return `${COMMENT_BEGINS}${correlationId} */ `;
}
