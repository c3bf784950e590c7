/** What a principal has on one target, worked out from the access rules and, where they say so, from the database. */
export interface Access {
  /** PROCESS: views all sessions. */
  readonly process: boolean;
  /** SUPER: ends all sessions and statements. */
  readonly super: boolean;
  /** Database users that count as the principal's own. Compared byte for byte. */
  readonly users: readonly string[];
  /** May read statement texts with their literals. */
  readonly fullStatements: boolean;
}
