import { type Click, REASON } from './channel.ts';

/** A button: what it says, and the request that it stands for. */
export interface ChatButton {
  /** At most 40 characters. */
  readonly label: string;
  readonly click: Click | typeof REASON;
  /** A request's ID, and nothing else: what is to be done stands in the store. */
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

/** An answer with what most have: plain lines, no buttons, for the caller alone. */
export const anAnswer = (title: string, over: Partial<Omit<ChatAnswer, 'title'>> = {}): ChatAnswer => ({
  title,
  lines: [],
  rows: [],
  buttons: [],
  audience: 'caller',
  replaces: false,
  mentions: [],
  ...over,
});
