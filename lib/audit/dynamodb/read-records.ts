import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { encodeTime } from 'ulid';
import type { AuditQuery, AuditRecord } from '../audit.ts';
import { type Item, toRecord } from './audit-item.ts';

/** One partition of an index. */
export interface Partition {
  readonly index: string;
  readonly attribute: string;
  readonly value: string;
  /** Only those of this subject; the index must hold the attribute. */
  readonly subject?: string;
}

/** Up to `limit` IDs of the partition that lie in the range, in one order, over as many pages as that takes. */
export async function readIds(
  client: DynamoDBClient,
  table: string,
  { index, attribute, value, subject }: Partition,
  { from, before }: IdRange,
  { limit, newestFirst }: { readonly limit: number; readonly newestFirst: boolean },
): Promise<readonly string[]> {
  const ids: string[] = [];
  if (from >= before) return ids;
  let start: QueryCommandOutput['LastEvaluatedKey'];
  const ask = () =>
    client.send(
      new QueryCommand({
        TableName: table,
        IndexName: index,
        KeyConditionExpression: '#p = :p AND id BETWEEN :from AND :before',
        ExpressionAttributeNames: { '#p': attribute },
        ExpressionAttributeValues: {
          ':p': { S: value },
          ':from': { S: from },
          ':before': { S: before },
          ...(subject !== undefined && { ':subject': { S: subject } }),
        },
        ...(subject !== undefined && { FilterExpression: 'subject = :subject' }),
        ProjectionExpression: 'id',
        ScanIndexForward: !newestFirst,
        // One more: BETWEEN takes in its end, which is dropped below. A limit counts what a filter drops, too.
        ...(subject === undefined && { Limit: limit - ids.length + 1 }),
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
  do {
    const page = await ask();
    for (const { id } of page.Items ?? []) if (id?.S !== undefined && id.S !== before) ids.push(id.S);
    start = page.LastEvaluatedKey;
  } while (start && ids.length < limit);
  return ids.slice(0, limit);
}

const FIRST = '0'.repeat(26);
const LAST = `7${'Z'.repeat(25)}`;

/** The smallest ID that a record of this moment (ISO 8601) can have. */
export const firstIdAt = (time: string): string => encodeTime(Math.max(0, Date.parse(time)), 10) + '0'.repeat(16);

/** IDs from `from` on (inclusive) and before `before` (exclusive). */
export interface IdRange {
  readonly from: string;
  readonly before: string;
}

/** The IDs that a query's times and place leave; an ID begins with its time, so they are one range. */
export function rangeOf({ from, to, after }: Pick<AuditQuery, 'from' | 'to' | 'after'>): IdRange {
  const ends = [to === undefined ? LAST : firstIdAt(to), after ?? LAST].toSorted();
  return { from: from === undefined ? FIRST : firstIdAt(from), before: ends[0] ?? LAST };
}

/** What BatchGetItem takes at once. */
const BATCH = 100;
const MAX_TRIES = 8;

/** The records of these IDs as they stand now, in the IDs' order; one that has expired meanwhile is left out. */
export async function readRecords(
  client: DynamoDBClient,
  table: string,
  ids: readonly string[],
): Promise<readonly AuditRecord[]> {
  const found = new Map<string, AuditRecord>();
  for (let at = 0; at < ids.length; at += BATCH) {
    for (const item of await readBatch(client, table, ids.slice(at, at + BATCH))) {
      const record = toRecord(item);
      found.set(record.id, record);
    }
  }
  return ids.map((id) => found.get(id)).filter((record) => record !== undefined);
}

/** DynamoDB leaves out what it throttles and what passes 16 MB; that is asked for again, a little later each time. */
async function readBatch(client: DynamoDBClient, table: string, ids: readonly string[]): Promise<readonly Item[]> {
  const items: Item[] = [];
  let keys: Item[] = ids.map((id) => ({ id: { S: id } }));
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { Responses: responses, UnprocessedKeys: left } = await client.send(
      new BatchGetItemCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
    );
    items.push(...(responses?.[table] ?? []));
    keys = left?.[table]?.Keys ?? [];
    if (keys.length === 0) return items;
    await sleep(2 ** tries * 20);
  }
  throw new Error(`${keys.length} audit records could not be read: throttled`);
}
