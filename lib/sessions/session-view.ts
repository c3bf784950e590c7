/** One session as a caller sees it. IDs and tags are text, times are seconds, absent is `null`. */
export interface SessionView {
  readonly id: string;
  readonly user: string | null;
  readonly host: string | null;
  readonly db: string | null;
  readonly command: string;
  readonly time: number | null;
  readonly state: string | null;
  /** The session tag: send it in `If-Match` to end this session and no other. */
  readonly tag: string;
  readonly statement: StatementView | null;
  readonly transaction: { readonly id: string | null; readonly state: string; readonly time: number | null } | null;
  /** True where nobody may end it here: replication, system, configured users, our own connection. */
  readonly protected: boolean;
  /** True where its database user counts as the caller's own. */
  readonly own: boolean;
  readonly tenant: string | null;
  readonly proxySessionId: string | null;
}

/** A running statement as a caller sees it. */
export interface StatementView {
  /** Literals are replaced by `?` and the end is cut off, unless asked for in full by one who may. */
  readonly text: string;
  readonly masked: boolean;
  /** The statement tag: send it in `If-Match` to cancel this statement and no other. */
  readonly tag: string;
}
