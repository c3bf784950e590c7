import { AppError } from '../errors.ts';
import type { ReplayStore } from './stores/replay-store.ts';

/** Longer than a queue keeps a message that comes again. */
const POSTED_SECONDS = 5 * 86_400;

/**
 * Posts a job's message once, however often the job comes, also at the same time: a conditional put takes its ID, for a
 * moment until it is posted and for good after that. Only where a worker dies between the platform's answer and the second
 * put may it be posted twice.
 *
 * @throws AppError `state-unavailable` where another posts it just now, or nobody can tell; and what `post` throws
 */
export async function postOnce(posted: ReplayStore, jobId: string, post: () => Promise<void>): Promise<void> {
  const key = `post/${jobId}`;
  const claim = await posted.claim(key, '');
  if (claim === 'done') return;
  if (claim !== 'new') throw new AppError('state-unavailable', { detail: 'Another worker posts it just now.' });
  try {
    await post();
  } catch (error) {
    await posted.forget(key).catch(() => {});
    throw error;
  }
  // It is posted: a failure here must not have the queue send it again.
  await posted.confirm(key, POSTED_SECONDS, '').catch(() => {});
}
