import type { Services } from '../services.ts';
import { logFailure } from '../telemetry/log-failure.ts';
import type { RunToReport } from './reaper-chat.ts';

/** Has a run told at its rule's place. What is done is done: a message that cannot be handed over is an error in the log only. */
export async function tellRun(services: Pick<Services, 'reaperChat'>, report: RunToReport): Promise<void> {
  try {
    const { messages } = await services.reaperChat();
    await messages.report(report);
  } catch (error) {
    await logFailure(error, report.correlationId);
  }
}
