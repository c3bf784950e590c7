import { AppError } from './errors.ts';
import type { LeaseStore } from './fleet/lease.ts';
import type { ReapQueue } from './fleet/reap-queue.ts';
import { type Services, services } from './services.ts';

/** What the planner needs besides the use cases' services. */
export interface PlannerServices extends Services {
  readonly queue: ReapQueue;
}

/** What a worker needs: the planner's, and the leases. */
export interface FleetServices extends PlannerServices {
  readonly leases: LeaseStore;
}

function required(name: 'REAP_QUEUE_URL' | 'STATE_TABLE'): string {
  const value = process.env[name];
  if (!value) throw new AppError('configuration-invalid', { detail: `${name} is not set.` });
  return value;
}

/** Makes it once; what fails is tried again by the next call. */
function once<Result>(load: () => Promise<Result>): () => Promise<Result> {
  let loaded: Promise<Result> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}

/** What `plan-reaps` needs: the queue at `REAP_QUEUE_URL`. @throws AppError `configuration-invalid` */
export const plannerServices = once(async (): Promise<PlannerServices> => {
  const url = required('REAP_QUEUE_URL');
  const [base, { SQSClient }, { createSqsReapQueue }] = await Promise.all([
    services(),
    import('@aws-sdk/client-sqs'),
    import('./fleet/sqs-reap-queue.ts'),
  ]);
  return { ...base, queue: createSqsReapQueue({ client: new SQSClient({}), url }) };
});

/** What `reap-target` needs for messages: the queue, and leases in `STATE_TABLE`. @throws AppError `configuration-invalid` */
export const fleetServices = once(async (): Promise<FleetServices> => {
  const table = required('STATE_TABLE');
  const [base, { DynamoDBClient }, { createDynamoDbLeaseStore }] = await Promise.all([
    plannerServices(),
    import('@aws-sdk/client-dynamodb'),
    import('./fleet/dynamodb-lease-store.ts'),
  ]);
  return { ...base, leases: createDynamoDbLeaseStore({ client: new DynamoDBClient({}), table }) };
});
