import { setTimeout as sleep } from 'node:timers/promises';
import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AuditRecord } from '../audit.ts';
import { type Item, toRecord } from './audit-item.ts';

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
