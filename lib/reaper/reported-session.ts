/** What every report of a run says of a session, whatever became of it. */
export interface ReportedSession {
  readonly id: string;
  readonly tag: string;
  readonly user: string | null;
  readonly host: string | null;
  readonly db: string | null;
  readonly command: string;
  /** Seconds in the command. */
  readonly time: number | null;
  /** The conditions that hit, with their values. */
  readonly reasons: readonly string[];
}
