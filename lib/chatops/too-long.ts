import { anAnswer, type ChatAnswer } from './answer.ts';

/** Characters of a command; the longest sensible one is far below. */
export const MAX_COMMAND = 2_000;

/** Characters of a reason. */
export const MAX_REASON = 400;

/** What somebody is told whose command is longer than any command; nothing of it is read. */
export const tooLong = (): ChatAnswer =>
  anAnswer('That is too long', { lines: [`A command has at most ${MAX_COMMAND} characters. Try: help`] });
