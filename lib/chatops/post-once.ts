import { AppError } from '../errors.ts';
import { holdLease } from '../fleet/hold-lease.ts';
import { keepMark } from '../fleet/keep-mark.ts';
import type { LeaseStore } from '../fleet/lease.ts';

/** Longer than a message takes with all its tries. */
const LEASE_SECONDS = 60;
/** Longer than a queue keeps a message that comes again. */
const POSTED_SECONDS = 5 * 86_400;

/**
 * Posts a job's message once, however often the job comes, also at the same time. Only where a worker dies between the
 * platform's answer and the mark may it be posted twice.
 *
 * @throws AppError `state-unavailable` where another posts it just now, or nobody can tell; and what `post` throws
 */
export async function postOnce(leases: LeaseStore, jobId: string, post: () => Promise<void>): Promise<void> {
  const end = await holdLease(leases, `post#${jobId}`, LEASE_SECONDS, async () => {
    // A second while it is being posted: the lease keeps others out, and a worker that dies leaves no false mark.
    const mark = await leases.acquire(`posted#${jobId}`, 1);
    if (mark === undefined) return;
    try {
      await post();
    } catch (error) {
      await mark.release().catch(() => {});
      throw error;
    }
    await keepMark(leases, mark, POSTED_SECONDS);
  });
  if (end === 'busy') throw new AppError('state-unavailable', { detail: 'Another worker posts it just now.' });
}
