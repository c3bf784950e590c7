import type { ChatJob } from '../lib/chatops/job.ts';
import { type WorkerServices, work } from '../lib/chatops/work.ts';
import { observed } from '../lib/telemetry/observe.ts';
import { workerServices } from '../lib/worker-services.ts';

/** Invoked with what a receiving function verified: has it run inside, and posts the answer. Outside the VPC. */
export const createHandler = (load: () => Promise<WorkerServices>) =>
  observed(async (job: ChatJob) => work(await load(), job));

/** What Lambda calls. */
export const handler = createHandler(workerServices);
