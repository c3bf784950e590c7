/** The right to work on something alone, until it expires. */
export interface Lease {
  readonly name: string;
  /** When it ends unless renewed, in milliseconds since the epoch. */
  readonly until: number;
  /** The same lease for `seconds` from now; `undefined` where it has expired or somebody else holds it: stop then. */
  renew(seconds: number): Promise<Lease | undefined>;
  /** Gives it back; does nothing to a lease that somebody else holds by now. */
  release(): Promise<void>;
}

/** Gives leases. Whoever holds one must stop when it ends: expiry is the only thing that a dead holder leaves to others. */
export interface LeaseStore {
  /**
   * A lease of that name for `seconds`, or `undefined` while another holds it.
   *
   * @throws AppError `state-unavailable`
   */
  acquire(name: string, seconds: number): Promise<Lease | undefined>;
  /**
   * True while somebody holds it, at a fifth of what a lease costs to take.
   *
   * @throws AppError `state-unavailable`
   */
  isHeld(name: string): Promise<boolean>;
}
