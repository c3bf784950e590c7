import { randomUUID } from 'node:crypto';
import { AwsError } from './aws-error.ts';
import { commandOf, jsonService } from './json-service.ts';
import { type ClientOptions, type Service, ServiceClient } from './service-client.ts';

/** A condition of a write did not hold; `Item` is what stands there, where it was asked for. */
export class ConditionalCheckFailedException extends AwsError {
  readonly Item: unknown;

  constructor(message: string, status: number, item: unknown) {
    super('ConditionalCheckFailedException', message, status);
    this.Item = item;
  }
}

/** A transaction was not carried out; `CancellationReasons` says of each of its items why, in their order. */
export class TransactionCanceledException extends AwsError {
  readonly CancellationReasons: unknown;

  constructor(message: string, status: number, reasons: unknown) {
    super('TransactionCanceledException', message, status);
    this.CancellationReasons = reasons;
  }
}

const toError: Service['toError'] = (name, message, status, fields, retryAfter) => {
  if (name === 'ConditionalCheckFailedException')
    return new ConditionalCheckFailedException(message, status, fields['Item']);
  if (name === 'TransactionCanceledException')
    return new TransactionCanceledException(message, status, fields['CancellationReasons']);
  return new AwsError(name, message, status, retryAfter);
};

/** Bytes travel as base64. A buffer is looked at where it stands, for JSON has made something else of it by then. */
function replaceBytes(this: unknown, key: string, value: unknown): unknown {
  const raw: unknown = typeof this === 'object' && this !== null ? Reflect.get(this, key) : value;
  return raw instanceof Uint8Array ? Buffer.from(raw).toString('base64') : value;
}

const bytesOf = (value: unknown): unknown =>
  typeof value === 'string' ? Uint8Array.from(Buffer.from(value, 'base64')) : value;

/** Under these keys an attribute has its bytes; an attribute of such a name is an object, and left alone. */
function reviveBytes(key: string, value: unknown): unknown {
  if (key === 'B') return bytesOf(value);
  return key === 'BS' && Array.isArray(value) ? value.map(bytesOf) : value;
}

const SERVICE = jsonService({
  name: 'dynamodb',
  id: 'DYNAMODB',
  target: 'DynamoDB_20120810',
  version: '1.0',
  defaults: ({ operation }) => (operation === 'TransactWriteItems' ? { ClientRequestToken: randomUUID() } : {}),
  toError,
  replace: replaceBytes,
  revive: reviveBytes,
});

/** DynamoDB, in attributes of its own form: `{ N: '1' }`. */
export class DynamoDBClient extends ServiceClient {
  constructor(options: ClientOptions) {
    super(SERVICE, options);
  }
}

export const BatchGetItemCommand = commandOf('BatchGetItem');
export const BatchWriteItemCommand = commandOf('BatchWriteItem');
export const DeleteItemCommand = commandOf('DeleteItem');
export const GetItemCommand = commandOf('GetItem');
export const PutItemCommand = commandOf('PutItem');
export const QueryCommand = commandOf('Query');
export const TransactWriteItemsCommand = commandOf('TransactWriteItems');
export const UpdateItemCommand = commandOf('UpdateItem');
