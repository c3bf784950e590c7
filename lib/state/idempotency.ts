/** A request that must have one effect, however often it is sent. */
export interface OnceCall {
  /** Who sends it and what it does: a key means nothing outside of it. */
  readonly scope: readonly string[];
  /** What the caller chose. */
  readonly key: string;
  /** JSON of the request: the same key with another is refused. */
  readonly payload: unknown;
  /** Milliseconds after which a call that has not ended is dead, and the key free again. */
  readonly remainingMs: () => number;
}

/** Makes requests happen once. */
export interface Idempotency {
  /**
   * Runs `work` for the first call of a key, and gives what it answered (JSON) to every later one for 24 hours. A `work`
   * that rejects leaves the key free.
   *
   * @throws AppError `idempotency-in-flight`, `idempotency-key-reused`, `state-unavailable`, and what `work` throws
   */
  once<Answer>(call: OnceCall, work: () => Promise<Answer>): Promise<Answer>;
}
