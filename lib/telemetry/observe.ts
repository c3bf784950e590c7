import { randomUUID } from 'node:crypto';
import { AppError } from '../errors.ts';
import { inInvocation } from './call.ts';
import { logFailure } from './log.ts';
import { publish } from './samples.ts';

/** Runs a whole invocation as a call, and publishes its metrics whether it succeeds or fails. */
export async function observe<Result>(correlationId: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await inInvocation(correlationId, work);
  } finally {
    await publish();
  }
}

/** What is read of Lambda's context. */
export interface Invocation {
  readonly awsRequestId?: string;
  readonly getRemainingTimeInMillis?: () => number;
}

/**
 * The handler of a function that no route leads to, observed. Its failure is logged and counted, and thrown on with its
 * code and no cause: Lambda logs what is thrown, and a driver's message quotes SQL.
 */
export const observed =
  <Event, Result>(handler: (event: Event, invocation: Invocation) => Promise<Result>) =>
  (event: Event, invocation: Invocation = {}): Promise<Result> => {
    const correlationId = invocation.awsRequestId ?? randomUUID();
    return observe(correlationId, async () => {
      try {
        return await handler(event, invocation);
      } catch (error) {
        await logFailure(error, correlationId);
        const { code, detail } = error instanceof AppError ? error : new AppError('internal');
        throw new AppError(code, detail === undefined ? {} : { detail });
      }
    });
  };
