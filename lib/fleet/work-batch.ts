import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { FleetServices } from '../fleet-services.ts';
import { inCall } from '../telemetry/call.ts';
import { log } from '../telemetry/log.ts';
import { logFailure } from '../telemetry/log-failure.ts';
import { parseReapOrder, type ReapOrder } from './reap-order.ts';
import { type WorkEnd, workOff } from './work-off.ts';

/** Messages as SQS hands them to a function. */
export type ReapBatch = SQSEvent;

/** The messages that failed. */
export type ReapBatchAnswer = SQSBatchResponse;

/** How often what is done by then is deleted while its batch goes on; most batches are over before. */
const DELETE_EACH_MS = 5_000;

/**
 * Works off a batch of messages: targets at once, so that one that hangs uses its own time only, and the orders of one
 * target one after the other. What failed is named in the answer, so that SQS gives only that again. Lambda deletes the
 * others when the batch is over, and until then SQS gives out nothing more of their targets: in a batch that lasts they are
 * deleted here.
 */
export async function workBatch(services: FleetServices, event: ReapBatch): Promise<ReapBatchAnswer> {
  const turns = new Map<string, Promise<unknown>>();
  const done: string[] = [];
  // What cannot be deleted here is deleted with the batch.
  const deleting = setInterval(() => void services.queue.done(done.splice(0)).catch(() => {}), DELETE_EACH_MS);
  const handle = (record: SQSRecord): Promise<void> =>
    inCall({ correlationId: record.messageId, name: 'message' }, () => handleOne(record));
  const handleOne = async (record: SQSRecord): Promise<void> => {
    const order = await parsed(record);
    const receives = Number(record.attributes.ApproximateReceiveCount);
    const before = turns.get(order.target) ?? Promise.resolve();
    const turn = before.then(() => workOff(services, order, { messageId: record.messageId, receives }));
    turns.set(order.target, turn);
    const end = await turn;
    if (end.end !== 'done') await tell(order, record, receives, end);
    if (end.end !== 'back') return void done.push(record.receiptHandle);
    // Not while the batch is on its target, which would be another's then. Where it cannot be hidden, it comes back after the queue's own time.
    await turns.get(order.target);
    await services.queue.hide(record.receiptHandle, end.seconds).catch(() => {});
    throw new Error(end.code);
  };
  const answer = processPartialResponse(event, handle, new BatchProcessor(EventType.SQS), {
    throwOnFullBatchFailure: false,
  });
  return answer.finally(() => clearInterval(deleting));
}

/** Most messages are done, and say nothing. */
const tell = (order: ReapOrder, { messageId }: SQSRecord, receives: number, end: WorkEnd): Promise<void> =>
  log('warn', 'reap not done', { ...order, messageId, receives, ...end });

async function parsed({ body, messageId }: SQSRecord): Promise<ReapOrder> {
  try {
    return parseReapOrder(body);
  } catch (error) {
    await logFailure(error, messageId);
    throw error;
  }
}
