import type { AppError } from '../../errors.ts';

/** What a button says; with a request's ID it is all that a button carries. */
export const CLICKS = ['ask', 'confirm', 'approve', 'deny', 'keep'] as const;
export type Click = (typeof CLICKS)[number];

/** A press that a platform answers with a window of its own, which asks for a reason; the answer comes as a `confirm`. */
export const REASON = 'reason';

/** A button: what it says, and the request that it carries out. */
export interface ChatButton {
  /** At most 40 characters. */
  readonly label: string;
  readonly click: Click | typeof REASON;
  /** A request's ID, and nothing else: what is to be done is in the store. */
  readonly request: string;
  readonly danger: boolean;
  /** What the platform itself asks before it sends the press, where it can; `null`: nothing. */
  readonly confirm: string | null;
}

/** One line of a list, such as a session. */
export interface ChatRow {
  readonly head: string;
  /** A masked statement; `null` where there is none. */
  readonly code: string | null;
  readonly button: ChatButton | null;
}

/** An answer as every channel can render it. All text is plain: a renderer lets none of it become markup. */
export interface ChatAnswer {
  readonly title: string;
  readonly lines: readonly string[];
  /** Lines that stand below one another in letters of one width, such as a tree or a table. */
  readonly picture: readonly string[];
  readonly rows: readonly ChatRow[];
  readonly buttons: readonly ChatButton[];
  /** `all` where others must see it, such as those who may approve. */
  readonly audience: 'caller' | 'all';
  /** True where it takes the place of the message whose button was pressed: so the buttons go. */
  readonly replaces: boolean;
  /** Whose telephone it rings: the platform's own IDs of people, from the configuration and from nowhere else. */
  readonly mentions: readonly string[];
}

/** The answer for a platform without windows. */
export const withoutReason = (answer: ChatAnswer): ChatAnswer => ({
  ...answer,
  buttons: answer.buttons.filter(({ click }) => click !== REASON),
});

/** Rows that a telephone shows without tiring its owner. */
export const MAX_ROWS = 20;

/** Letters of a picture side by side: more would wrap. */
export const PICTURE_WIDTH = 64;

/** A picture of as many lines as a telephone shows; the last one says how many are left out. */
export function aPicture(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_ROWS) return lines;
  return [...lines.slice(0, MAX_ROWS - 1), `… and ${lines.length - MAX_ROWS + 1} more`];
}

/** An answer with what most have: plain lines, no buttons, for the caller alone. */
export const anAnswer = (title: string, over: Partial<Omit<ChatAnswer, 'title'>> = {}): ChatAnswer => ({
  title,
  lines: [],
  picture: [],
  rows: [],
  buttons: [],
  audience: 'caller',
  replaces: false,
  mentions: [],
  ...over,
});

/** A failure in words: title, case, and what to do next. It replaces a message only where its buttons are used up. */
export const failureAnswer = ({ message, detail, hint }: AppError, replaces = false): ChatAnswer =>
  anAnswer(message, { lines: [detail ?? '', hint].filter(Boolean), replaces, audience: replaces ? 'all' : 'caller' });

/** An unexpected failure: shows only the ID under which the log has it. */
export const unforeseen = (requestId: string): ChatAnswer =>
  anAnswer('The request failed', {
    lines: [`This error is unexpected. Look up ${requestId} in the log before you try again.`],
  });

/** Characters of a command; the longest sensible one is far below. */
export const MAX_COMMAND = 2_000;

/** Characters of a reason. */
export const MAX_REASON = 400;

/** The answer to a command that is too long. Nothing of it is read. */
export const tooLong = (): ChatAnswer =>
  anAnswer('The command is too long', { lines: [`A command has at most ${MAX_COMMAND} characters. Try: help`] });

// Control and format characters, line ends and private ones: a value of theirs could forge a line or turn a text round.
const UNSAFE = /[\p{C}\u2028\u2029]+/gu;

/** What begins or ends markup on some platform, and what looks like it. */
const LOOKALIKES: Readonly<Record<string, string>> = { '`': 'ˋ', '<': '‹', '>': '›', '&': '＆' };

/** A picture's lines as text that keeps its spaces and is no markup on any platform, each at most `max` characters. */
export const plainPicture = (lines: readonly string[], max: number): readonly string[] =>
  lines.map((line) => {
    const text = line.toWellFormed().slice(0, max * 8);
    const characters = [...text.replace(UNSAFE, ' ').trimEnd()].map((one) => LOOKALIKES[one] ?? one);
    return characters.length <= max ? characters.join('') : `${characters.slice(0, max - 1).join('')}…`;
  });

/**
 * A value as one line of plain text, at most `max` characters: control characters, line ends and those that change the
 * direction of writing become a space. Safe in a log line too.
 */
export function plainText(value: string, max: number): string {
  const text = value
    .toWellFormed()
    .slice(0, max * 8)
    .replace(UNSAFE, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  const characters = [...text];
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
}
