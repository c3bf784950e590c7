import type { ChatJob } from '../lib/chatops/worker/hand-over.ts';
import { type WorkerServices, workOnJob } from '../lib/chatops/worker/work.ts';
import type { ChatBatch, ChatBatchAnswer } from '../lib/chatops/worker/work-batch.ts';
import { observed } from '../lib/telemetry/observe.ts';
import { workerServices } from './wiring/worker-services.ts';

/**
 * Invoked with what a receiving function verified: has it run inside, and posts the answer. Called by SQS with reports and
 * warnings from inside: posts them. Outside the VPC.
 */
export const createHandler = (load: () => Promise<WorkerServices>) =>
  observed(async (event: ChatJob | ChatBatch): Promise<ChatBatchAnswer | undefined> => {
    if ('Records' in event) return (await import('../lib/chatops/worker/work-batch.ts')).workBatch(await load(), event);
    await workOnJob(await load(), event);
    return undefined;
  });

/** What Lambda calls. */
export const handler = createHandler(workerServices);
