import * as z from 'zod/mini';
import { AppError } from '../errors.ts';

const isoTime = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/));
const isoMinute = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/));

const reapOrderSchema = z.strictObject({
  target: z.string().check(z.minLength(1), z.maxLength(256)),
  reaper: z.string().check(z.minLength(1), z.maxLength(63)),
  dueAt: isoTime,
  planId: isoMinute,
});

/**
 * One message of the queue: run this reaper on this target. It says all that a person needs who finds it in the
 * dead-letter queue; log and record bear the message's ID as correlation ID.
 */
export interface ReapOrder {
  readonly target: string;
  readonly reaper: string;
  /** Since when the run is due, ISO 8601: the same however often the planner ran. */
  readonly dueAt: string;
  /** The scheduled minute that planned it, ISO 8601. */
  readonly planId: string;
}

/** Reads a message. @throws AppError `request-invalid` */
export function parseReapOrder(body: string): ReapOrder {
  const parsed = z.safeParse(reapOrderSchema, readJson(body));
  if (parsed.success) return parsed.data;
  throw new AppError('request-invalid', { detail: 'message: write target, reaper, dueAt and planId.' });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A message that was received so often in vain goes to the dead-letter queue. */
export const MAX_RECEIPTS = 5;

const FIRST_SECONDS = 10;
const MOST_SECONDS = 300;

/** Seconds until a message is received again that has been received so often, this time included; its target's others wait too. */
export const backoff = (receipts: number): number => Math.min(FIRST_SECONDS * 2 ** (receipts - 1), MOST_SECONDS);

/** The queue between planner and workers. It gives out no message of a target while another of that target is out. */
export interface ReapQueue {
  /** Puts all orders on the queue, each once. @throws AppError `state-unavailable` where some may be missing; sending all again does no harm */
  send(orders: readonly ReapOrder[]): Promise<void>;
  /** Hides a message that was received for so many seconds, from now. Rejects where it cannot. */
  hide(receiptHandle: string, seconds: number): Promise<void>;
  /** Deletes messages that were received, so that the next of their targets are given out. Rejects where it cannot. */
  done(receiptHandles: readonly string[]): Promise<void>;
}
