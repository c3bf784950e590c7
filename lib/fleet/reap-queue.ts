import type { ReapOrder } from './reap-order.ts';

/** The queue between planner and workers. It gives out no message of a target while another of that target is out. */
export interface ReapQueue {
  /** Puts all orders on the queue, each once. @throws AppError `state-unavailable` where some are not surely there; sending all again does no harm */
  send(orders: readonly ReapOrder[]): Promise<void>;
  /** Hides a message that was received for so many seconds, from now. Rejects where it cannot. */
  hide(receiptHandle: string, seconds: number): Promise<void>;
  /** Deletes messages that were received, so that the next of their targets are given out. Rejects where it cannot. */
  done(receiptHandles: readonly string[]): Promise<void>;
}
