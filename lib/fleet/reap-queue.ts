import type { ReapOrder } from './reap-order.ts';

/** The queue between planner and workers. */
export interface ReapQueue {
  /** Puts all orders on the queue. @throws AppError `state-unavailable` where some are not surely there; sending all again does no harm */
  send(orders: readonly ReapOrder[]): Promise<void>;
  /** Hides a message that was received for so many seconds, from now. Rejects where it cannot. */
  hide(receiptHandle: string, seconds: number): Promise<void>;
}
