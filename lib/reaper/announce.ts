import type { ReapRequest } from './reap.ts';

/** Says loudly that a limit held a run back: an error in the log, which an alarm of the deployment looks for. */
export async function announceHeld({ target, reaper, correlationId }: ReapRequest, held: string): Promise<void> {
  // Few runs ever say this: the logger's loading time is not theirs to pay.
  const { Logger } = await import('@aws-lambda-powertools/logger');
  new Logger({ serviceName: 'session-warden' }).error('reaper held', { target, reaper, correlationId, held });
}
