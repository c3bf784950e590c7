import { SQSClient } from '@aws-sdk/client-sqs';
import type { ReapQueue } from '../../lib/fleet/reap-order.ts';
import { createSqsReapQueue } from '../../lib/fleet/sqs-reap-queue.ts';
import { AWS_LIMITS, type Env, loadOnce, named } from './environment.ts';
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
