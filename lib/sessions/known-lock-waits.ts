import type { Database } from '../database/database.ts';
import { AppError } from '../errors.ts';
import type { LockWait } from './lock-wait.ts';

/** Who waits for whose lock. @throws AppError where the server does not tell: nobody would be a false answer */
export async function knownLockWaits(database: Database): Promise<readonly LockWait[]> {
  const waits = await database.lockWaits();
  if (waits === null)
    throw new AppError('target-failed', { detail: 'This version of the server does not tell who waits for whom.' });
  return waits;
}
