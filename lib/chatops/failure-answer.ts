import type { AppError } from '../errors.ts';
import { anAnswer, type ChatAnswer } from './answer.ts';

/** A failure in words: title, case, and what to do next. It replaces a message only where its buttons are used up. */
export const failureAnswer = ({ message, detail, hint }: AppError, replaces = false): ChatAnswer =>
  anAnswer(message, { lines: [detail ?? '', hint].filter(Boolean), replaces, audience: replaces ? 'all' : 'caller' });

/** A failure that nobody foresaw: only the ID under which the log has it. */
export const unforeseen = (requestId: string): ChatAnswer =>
  anAnswer('That failed', { lines: [`Nobody foresaw it. Look up ${requestId} in the log before you ask again.`] });
