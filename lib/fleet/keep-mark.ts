import type { Lease, LeaseStore } from './lease.ts';

/**
 * Makes a lease that nobody gives back the mark that something was done. Where that fails it may be done again, so only what
 * may happen twice is marked like this.
 */
export async function keepMark(leases: LeaseStore, mark: Lease, seconds: number): Promise<void> {
  const kept = await mark.renew(seconds).catch(() => undefined);
  if (kept === undefined) await leases.acquire(mark.name, seconds).catch(() => undefined);
}
