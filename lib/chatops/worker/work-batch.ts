import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { logFailure } from '../../telemetry/log.ts';
import type { ChatJob } from './hand-over.ts';
import { type WorkerServices, workOnJob } from './work.ts';

/** Jobs as SQS hands them over. */
export type ChatBatch = SQSEvent;

/** The messages that failed. */
export type ChatBatchAnswer = SQSBatchResponse;

/** Works on a batch of jobs. Those that make sense again later are named in the answer, so that SQS gives only them again. */
export const workBatch = (services: WorkerServices, event: ChatBatch): Promise<ChatBatchAnswer> =>
  processPartialResponse(
    event,
    async ({ body }: SQSRecord) => {
      // No other function may send to the queue: IAM says so.
      const job = JSON.parse(body) as ChatJob;
      try {
        await workOnJob(services, job);
      } catch (error) {
        await logFailure(error, job.requestId);
        throw error;
      }
    },
    new BatchProcessor(EventType.SQS),
    { throwOnFullBatchFailure: false },
  );
