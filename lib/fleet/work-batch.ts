import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { AppError, type ErrorCode } from '../errors.ts';
import { runScheduled } from '../reaper/reap.ts';
import type { ReapReport } from '../reaper/report.ts';
import type { Services } from '../services.ts';
import { inCall } from '../telemetry/call.ts';
import { log, logFailure } from '../telemetry/log.ts';
import { count, countFailure } from '../telemetry/samples.ts';
import type { ReapQueue } from './reap-order.ts';
import { backoff, MAX_RECEIPTS, parseReapOrder, type ReapOrder } from './reap-order.ts';

/** What a worker needs besides the use cases' services. */
export interface FleetServices extends Services {
  readonly queue: ReapQueue;
}

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
    if (end.end !== 'retry') return void done.push(record.receiptHandle);
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

/** One receipt of a message. */
export interface Attempt {
  /** The message's, the same for each receipt: log and record bear it. */
  readonly messageId: string;
  /** How often it was received, this time included. */
  readonly receives: number;
}

/**
 * What became of an order. `done`; `late`: the next one is due by now; `void`: stopped, or the rule or the target is there no
 * more. `back`: it failed, and is to be received again after `seconds`.
 */
export type WorkEnd =
  | { readonly end: 'done' | 'late' }
  | { readonly end: 'obsolete'; readonly code: ErrorCode }
  | { readonly end: 'retry'; readonly code: ErrorCode | 'late-after-failure'; readonly seconds: number };

const OBSOLETE: readonly ErrorCode[] = ['kills-stopped', 'reaper-not-found', 'target-not-found'];

/** A victim whose fate is not known is looked for again; the server compares, so no session is ended twice. */
function failureOf({ victims }: ReapReport): ErrorCode | undefined {
  return victims.find(({ code }) => code !== null)?.code ?? undefined;
}

/**
 * Works on one message; the queue gives no other of its target meanwhile. What is too late is left to the next
 * run. A failed order comes back later each time, and in the end lands in the dead-letter queue; one that has become late by
 * then goes there without another try.
 *
 * @param now - milliseconds since the epoch
 */
export async function workOff(
  services: Services,
  { target, reaper: name, dueAt }: ReapOrder,
  { messageId, receives }: Attempt,
  now: () => number = Date.now,
  run: typeof runScheduled = runScheduled,
): Promise<WorkEnd> {
  const reaper = services.config.reapers.find((one) => one.name === name);
  if (reaper === undefined) return { end: 'obsolete', code: 'reaper-not-found' };
  if (now() > Date.parse(dueAt) + reaper.every * 1000) {
    // One that failed comes back at once until the queue gives it up, and is one late order all the same.
    if (receives === 1 || receives === MAX_RECEIPTS)
      count('TargetsLate', { cause: receives === 1 ? 'queue' : 'failure' });
    return receives === 1 ? { end: 'late' } : { end: 'retry', code: 'late-after-failure', seconds: 0 };
  }
  try {
    const code = failureOf(await run(services, { target, reaper: name }, messageId));
    return code === undefined ? { end: 'done' } : { end: 'retry', code, seconds: backoff(receives) };
  } catch (error) {
    if (error instanceof AppError) countFailure(error);
    else await logFailure(error, messageId);
    const code = error instanceof AppError ? error.code : 'internal';
    return OBSOLETE.includes(code) ? { end: 'obsolete', code } : { end: 'retry', code, seconds: backoff(receives) };
  }
}
