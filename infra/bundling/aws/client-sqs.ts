import { commandOf, jsonService } from './json-service.ts';
import { type ClientOptions, ServiceClient } from './service-client.ts';

const SERVICE = jsonService({ name: 'sqs', id: 'SQS', target: 'AmazonSQS', version: '1.0' });

/** SQS, at the endpoint of the region. */
export class SQSClient extends ServiceClient {
  constructor(options: ClientOptions) {
    super(SERVICE, options);
  }
}

export const ChangeMessageVisibilityCommand = commandOf('ChangeMessageVisibility');
export const DeleteMessageBatchCommand = commandOf('DeleteMessageBatch');
export const SendMessageBatchCommand = commandOf('SendMessageBatch');
export const SendMessageCommand = commandOf('SendMessage');
