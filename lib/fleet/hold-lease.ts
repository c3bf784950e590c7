import { AppError } from '../errors.ts';
import type { LeaseStore } from './lease.ts';

/** What work under a lease may ask. */
export interface HeldLease {
  /** Renews it. @throws AppError `state-unavailable` where it is lost, or nobody can tell: stop then */
  confirm(): Promise<void>;
}

/** How often within its life a lease is renewed while work goes on. */
const RENEWALS = 3;

/**
 * Runs work under a lease, which is renewed as long as the work runs and given back after it, and is `'busy'` without
 * any work where somebody else holds it.
 *
 * @param seconds - its life; after a last `confirm()` the work must end within it
 * @throws AppError `state-unavailable` where it cannot be asked for, and whatever `work` throws
 */
export async function holdLease<Result>(
  store: LeaseStore,
  name: string,
  seconds: number,
  work: (lease: HeldLease) => Promise<Result>,
): Promise<Result | 'busy'> {
  const first = await store.acquire(name, seconds);
  if (first === undefined) return 'busy';
  let isLost = false;
  const renew = async (): Promise<void> => {
    if ((await first.renew(seconds)) === undefined) isLost = true;
  };
  // One that fails is tried again; `confirm` is what nobody may pass without it.
  const renewing = setInterval(() => void renew().catch(() => {}), (seconds * 1000) / RENEWALS);
  renewing.unref();
  try {
    return await work({
      confirm: async () => {
        await renew();
        if (isLost) throw new AppError('state-unavailable', { detail: 'The lease of this target was lost.' });
      },
    });
  } finally {
    clearInterval(renewing);
    // What cannot be given back expires.
    await first.release().catch(() => {});
  }
}
