/** What the clients of a crowd write down. All times are milliseconds of `performance.now`, which all of one play share. */

/** How a statement ended for its client. `lost`: its connection went away meanwhile. `unsure`: whole, or cut so late that it looks so. */
export type End = 'whole' | 'cut' | 'failed' | 'lost' | 'unsure';

/** One statement, and when it may have run: from its sending until its answer. */
export interface Ran {
  readonly mark: number;
  readonly sql: string;
  from: number;
  to: number;
  /** Milliseconds that it takes at least where nobody cuts it. */
  readonly least: number;
  end: End | null;
  errno: number | null;
  /** A rule spares what bears the words `nokill`. */
  readonly isSpared: boolean;
  /** The lock that it asks for. */
  readonly wants: string | null;
}

/** Something of a connection that changes, and what it is from then on; `null` while nobody can say. */
export interface Turn<Value> {
  readonly at: number;
  readonly is: Value | null;
}

/** A lock that a connection holds: surely between `sure` and `until`, and perhaps from `from` to `to`. */
export interface Hold {
  readonly lock: string;
  readonly from: number;
  readonly sure: number;
  until: number;
  to: number;
}

/** One connection of a client, from its login to its end, or a scheduled event of his while it runs. */
export interface Life {
  readonly client: number;
  readonly how: string;
  id: string;
  /** When the login began, and when the client knew its ID. */
  readonly opening: number;
  open: number;
  /** The last moment of which the client knows that the connection lived. */
  alive: number;
  /** When the client began to leave. */
  leaving: number;
  /** When the client saw the end; infinite while it lives. */
  gone: number;
  readonly users: Turn<string>[];
  /** Whether it is in a transaction that has done something. */
  readonly transactions: Turn<boolean>[];
  readonly ran: Ran[];
  readonly holds: Hold[];
  /** It has set its clock, which some servers believe. */
  hasSetClock: boolean;
}

/** A KILL that a client of the crowd sent, of which the product knows nothing. */
export interface OwnKill {
  readonly by: number;
  readonly id: string;
  readonly kind: 'query' | 'connection';
  readonly from: number;
  to: number;
}

/** The notes of all clients of one play. */
export interface Notes {
  readonly start: number;
  readonly lives: Life[];
  readonly kills: OwnKill[];
  /** When the server was ended, and until when it surely let nobody in. */
  readonly restarts: { readonly from: number; readonly to: number }[];
}

/** The word in a statement by which it is known. */
export const wordOf = (mark: number): string => `crowd_${mark}_`;

/** The mark in a text that a server shows, and none where it shows none. */
export function markIn(text: string | null | undefined): number | null {
  const digits = /crowd_(\d+)_/.exec(text ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

/** What stood during the whole of an interval; `null` where it changed or nobody can say. */
export function during<Value>(turns: readonly Turn<Value>[], from: number, to: number): Value | null {
  const before = turns.findLast(({ at }) => at <= from);
  const within = turns.filter(({ at }) => at > from && at <= to);
  if (before === undefined) return null;
  return within.every(({ is }) => is === before.is) ? before.is : null;
}

/** Everything that it may have been in an interval, `null` included. */
export function atAnyTime<Value>(turns: readonly Turn<Value>[], from: number, to: number): ReadonlySet<Value | null> {
  const before = turns.findLast(({ at }) => at <= from);
  return new Set([before?.is ?? null, ...turns.filter(({ at }) => at > from && at <= to).map(({ is }) => is)]);
}

/** When a statement ran for certain, wherever its time on the way went: nothing where that is not known. */
export function surely({ from, to, least, end }: Ran): { readonly from: number; readonly to: number } | null {
  return end === 'whole' && to - least < from + least ? { from: to - least, to: from + least } : null;
}

/** True where a statement ran for certain during all of an interval, and a little before and after. */
export function ranThroughout(ran: Ran, from: number, to: number): boolean {
  const interval = surely(ran);
  return interval !== null && interval.from + 50 <= from && interval.to - 50 >= to;
}

/** True where the server was started anew between, or during, two moments: then an ID stands for another. */
export const isAcross = ({ restarts }: Notes, from: number, to: number): boolean =>
  restarts.some((restart) => restart.from <= to && restart.to >= from);

/** The connections that may have borne an ID by the time of a call: those of before too, unless IDs began again. */
export const livesOf = (notes: Notes, id: string, from: number, to: number): readonly Life[] =>
  notes.lives.filter((life) => life.id === id && life.opening <= to && !isAcross(notes, life.opening, from));
