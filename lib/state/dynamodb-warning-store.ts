import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { AppError } from '../errors.ts';
import type { Warning, WarningStore } from './warning-store.ts';

/** What DynamoDB reads at once. */
const BATCH = 100;
const TRIES = 4;

type Item = Record<string, AttributeValue>;

const idOf = (name: string): string => `warning#${name}`;
const number = (value: number): AttributeValue => ({ N: String(value) });
const numberOf = (value: AttributeValue | undefined): number | null =>
  value?.N === undefined ? null : Number(value.N);

const toWarning = (item: Item): Warning => ({
  askedAt: numberOf(item['askedAt']) ?? 0,
  toldAt: numberOf(item['toldAt']),
  keptUntil: numberOf(item['keptUntil']),
  extensions: numberOf(item['extensions']) ?? 0,
  keptBy: item['keptBy']?.S ?? null,
  isEnding: item['isEnding']?.BOOL === true,
});

/** Warnings in the table of short-lived state. Expiry is compared with the caller's clock, since TTL removes hours later. */
export function createDynamoDbWarningStore(
  { client, table }: { readonly client: Pick<DynamoDBClient, 'send'>; readonly table: string },
  now: () => number = Date.now,
): WarningStore {
  const second = (): number => Math.floor(now() / 1000);
  const isAlive = (item: Item): boolean => (numberOf(item['expiration']) ?? 0) > second();
  const conditionally = async <Result>(
    work: () => Promise<Result>,
  ): Promise<Result | ConditionalCheckFailedException> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return error;
      throw new AppError('state-unavailable', { cause: error });
    }
  };
  const update = (name: string, what: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>) =>
    conditionally(() =>
      client.send(new UpdateItemCommand({ TableName: table, Key: { id: { S: idOf(name) } }, ...what })),
    );

  const readBatch = async (names: readonly string[]): Promise<readonly Item[]> => {
    let keys: Item[] | undefined = names.map((name) => ({ id: { S: idOf(name) } }));
    const found: Item[] = [];
    for (let tried = 0; tried < TRIES && keys !== undefined && keys.length > 0; tried++) {
      const RequestItems: BatchGetItemCommandInput['RequestItems'] = { [table]: { Keys: keys, ConsistentRead: true } };
      const answer: BatchGetItemCommandOutput = await client.send(new BatchGetItemCommand({ RequestItems }));
      found.push(...(answer.Responses?.[table] ?? []));
      keys = answer.UnprocessedKeys?.[table]?.Keys;
    }
    if (keys !== undefined && keys.length > 0) throw new Error(`${keys.length} warnings were not read`);
    return found;
  };

  return {
    async read(names) {
      const unique = [...new Set(names)];
      const items: Item[] = [];
      try {
        for (let start = 0; start < unique.length; start += BATCH)
          items.push(...(await readBatch(unique.slice(start, start + BATCH))));
      } catch (cause) {
        throw new AppError('state-unavailable', { cause });
      }
      const start = idOf('').length;
      return new Map(items.filter(isAlive).map((item) => [item['id']?.S?.slice(start) ?? '', toWarning(item)]));
    },

    async ask(name, { askedAt, extensions, keptBy }, seen, seconds) {
      const Item = {
        id: { S: idOf(name) },
        askedAt: number(askedAt),
        extensions: number(extensions),
        expiration: number(second() + seconds),
        ...(keptBy !== null && { keptBy: { S: keptBy } }),
      };
      const condition =
        seen === undefined
          ? {
              ConditionExpression: 'attribute_not_exists(id) OR expiration <= :second',
              ExpressionAttributeValues: { ':second': number(second()) },
            }
          : {
              ConditionExpression: 'askedAt = :seenAt AND extensions = :seenExtensions',
              ExpressionAttributeValues: {
                ':seenAt': number(seen.askedAt),
                ':seenExtensions': number(seen.extensions),
              },
            };
      const answer = await conditionally(() =>
        client.send(new PutItemCommand({ TableName: table, Item, ...condition })),
      );
      return !(answer instanceof Error);
    },

    async told(name, askedAt, at) {
      await update(name, {
        UpdateExpression: 'SET toldAt = if_not_exists(toldAt, :at)',
        ConditionExpression: 'askedAt = :askedAt',
        ExpressionAttributeValues: { ':askedAt': number(askedAt), ':at': number(at) },
      });
    },

    async keep(name, { until, by, most, seconds }) {
      const answer = await update(name, {
        UpdateExpression: 'SET keptUntil = :until, keptBy = :by, expiration = :expiration ADD extensions :one',
        ConditionExpression:
          'expiration > :second AND attribute_not_exists(isEnding) AND extensions < :most AND (attribute_not_exists(keptUntil) OR keptUntil <= :now)',
        ExpressionAttributeValues: {
          ':until': number(until),
          ':by': { S: by },
          ':expiration': number(second() + seconds),
          ':one': number(1),
          ':second': number(second()),
          ':most': number(most),
          ':now': number(now()),
        },
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      if (!(answer instanceof Error)) return { end: 'kept', warning: toWarning(answer.Attributes ?? {}) };
      const found = answer.Item;
      if (found === undefined || !isAlive(found)) return { end: 'gone' };
      const warning = toWarning(found);
      if (warning.isEnding) return { end: 'gone' };
      if (warning.keptUntil !== null && warning.keptUntil > now()) return { end: 'kept-before', warning };
      return { end: 'no-more' };
    },

    async beginEnd(name, askedAt) {
      const answer = await update(name, {
        UpdateExpression: 'SET isEnding = :true',
        ConditionExpression: 'askedAt = :askedAt AND attribute_exists(toldAt) AND attribute_not_exists(keptUntil)',
        ExpressionAttributeValues: { ':askedAt': number(askedAt), ':true': { BOOL: true } },
      });
      return !(answer instanceof Error);
    },
  };
}
