import { SQSClient } from '@aws-sdk/client-sqs';
import { AWS_LIMITS } from './aws-limits.ts';
import type { ReapQueue } from './fleet/reap-queue.ts';
import { createSqsReapQueue } from './fleet/sqs-reap-queue.ts';
import { type Env, loadOnce, named } from './function-environment.ts';
import { type OutsideServices, outsideServices } from './outside-services.ts';

/** What the planner needs: it speaks to no database. */
export interface PlannerServices extends OutsideServices {
  readonly queue: ReapQueue;
}

/** The queue at `REAP_QUEUE_URL`. @throws AppError `configuration-invalid` */
export const reapQueueOf = (env: Env): ReapQueue =>
  createSqsReapQueue({ client: new SQSClient(AWS_LIMITS), url: named(env, 'REAP_QUEUE_URL') });

/** What `plan-reaps` needs. @throws AppError `configuration-invalid` */
export const plannerServices = loadOnce(async (env): Promise<PlannerServices> => {
  const queue = reapQueueOf(env);
  return { ...(await outsideServices()), queue };
});
