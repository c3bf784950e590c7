import type { RequestStore } from '../state/request-store.ts';
import type { ChatAnswer } from './messages/answer.ts';
import { hashOf } from './receiver/signature.ts';
import type { HandOver } from './worker/hand-over.ts';

/** How a call of the HTTP API puts a question to people. */
export interface Questions {
  readonly requests: RequestStore;
  /** Has the question of a stored request posted at a place: it is taken over, not yet posted. @throws AppError `state-unavailable` */
  post(question: Question): Promise<void>;
}

/** A question with its buttons. */
export interface Question {
  /** Of the request: it is posted once. */
  readonly id: string;
  readonly place: string;
  readonly correlationId: string;
  readonly message: ChatAnswer;
}

/** Questions that go to people through what posts: what runs inside reaches no platform. */
export const createQuestions = (requests: RequestStore, handOver: HandOver): Questions => ({
  requests,
  post: ({ id, place, correlationId, message: answer }) =>
    handOver({
      do: 'post',
      requestId: correlationId,
      jobId: hashOf(id, place),
      to: { channel: 'place', place },
      answer,
      warnings: [],
    }),
});
