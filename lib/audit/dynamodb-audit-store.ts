import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { decodeTime, monotonicFactory } from 'ulid';
import { AppError } from '../errors.ts';
import { type AuditOutcome, type AuditQuery, type AuditStore, type Intent, isOpen } from './audit.ts';
import { monthOf, OPEN, toItem } from './dynamodb/audit-item.ts';
import { closeIntent } from './dynamodb/close-intent.ts';
import { firstIdAt, type IdRange, type Partition, rangeOf, readIds, readRecords } from './dynamodb/read-records.ts';
import { writeIntent, writeIntents } from './dynamodb/write-intents.ts';

/** How to keep audit records in a table as `lib/state/tables.ts` defines it. */
export interface DynamoDbAuditOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Days until a record is removed, 400 if not given. */
  readonly retentionDays?: number;
  /** Milliseconds for one record, and for many at once; 5,000 and 8,000 if not given. */
  readonly limits?: { readonly one: number; readonly many: number };
}

/** What fits twice into an HTTP API's 30 s, beside the database's own time. */
const LIMITS = { one: 5_000, many: 8_000 };
/** Outcomes written at the same time. */
const CONCURRENCY = 32;
const DAY_MS = 86_400_000;

/**
 * Keeps audit records in DynamoDB. Throttled and failed calls are retried by the SDK; what fails in the end, or is not done
 * within its limit, rejects with `audit-unavailable`, except that `finishAll` resolves to what stays open. `finish`
 * rejects with `internal` for a record that is unknown or closed.
 *
 * Of a `beginAll` that fails, the intents that were written, or may have been, are closed as `failed`, since nothing was
 * sent for them; what cannot be closed either stays open for the sweep. Indexes follow a write within moments, so a listing
 * may lack the very newest records; those that it shows are as they stand.
 */
export function createDynamoDbAuditStore({
  client,
  table,
  retentionDays = 400,
  limits = LIMITS,
}: DynamoDbAuditOptions): AuditStore {
  const nextId = monotonicFactory();

  const beginAll = async (intents: readonly Intent[]): Promise<readonly string[]> => {
    const ids = intents.map(() => nextId());
    const items = intents.map((intent, at) => toItem(ids[at] ?? nextId(), intent, retentionDays));
    let sent = 0;
    let isOver = false;
    const sending = (count: number) => {
      if (isOver) throw new Error('too late');
      sent += count;
    };
    try {
      await within(limits.many, () => writeIntents(client, table, items, sending));
      return ids;
    } catch (error) {
      isOver = true;
      // The last ones sent may be there all the same, where only the answer was lost.
      await finishAll(new Map(ids.slice(0, sent).map((id) => [id, NOT_SENT] as const)));
      throw unavailable(error);
    }
  };
  const finishAll = async (outcomes: ReadonlyMap<string, AuditOutcome>): Promise<readonly string[]> => {
    const end = performance.now() + limits.many;
    const open: string[] = [];
    const queue = [...outcomes].values();
    const work = async () => {
      for (const [id, outcome] of queue) {
        const left = end - performance.now();
        const close = () => closeIntent(client, table, id, outcome);
        const isClosed = left > 0 && (await within(left, close).catch(() => false));
        if (!isClosed) open.push(id);
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, outcomes.size) }, work));
    return open;
  };

  const listIds = async (query: AuditQuery): Promise<readonly string[]> => {
    const range = rangeOf(query);
    const partition = partitionOf(query);
    const how = { limit: query.limit, newestFirst: true };
    if (partition) return readIds(client, table, partition, range, how);
    const ids: string[] = [];
    for (const month of months(range, retentionDays)) {
      const newest = { ...how, limit: query.limit - ids.length };
      ids.push(...(await readIds(client, table, inMonth(month), range, newest)));
      if (ids.length >= query.limit) break;
    }
    return ids;
  };

  return {
    begin: async (intent) => {
      const id = nextId();
      await within(limits.one, () => writeIntent(client, table, toItem(id, intent, retentionDays))).catch(fail);
      return id;
    },
    beginAll,
    note: async (intent, outcome) => {
      const id = nextId();
      const item = toItem(id, intent, retentionDays, outcome);
      await within(limits.one, () => writeIntent(client, table, item)).catch(fail);
      return id;
    },
    finish: async (id, outcome) => {
      if (await within(limits.one, () => closeIntent(client, table, id, outcome)).catch(fail)) return;
      throw new AppError('internal', { detail: `audit record ${id} is not open.` });
    },
    finishAll,
    list: async (query) =>
      within(limits.many, async () => readRecords(client, table, await listIds(query))).catch(fail),
    open: async ({ before, limit, after }) => {
      const range = { from: after === undefined ? firstIdAt(EPOCH) : `${after}0`, before: firstIdAt(before) };
      const oldest = { limit, newestFirst: false };
      const read = async () => readRecords(client, table, await readIds(client, table, ALL_OPEN, range, oldest));
      const records = await within(limits.many, read).catch(fail);
      return records.filter(isOpen);
    },
  };
}

const EPOCH = '1970-01-01T00:00:00.000Z';
const NOT_SENT: AuditOutcome = { outcome: 'failed', proven: false, detail: 'audit-unavailable' };
const ALL_OPEN: Partition = { index: 'byOpen', attribute: 'open', value: OPEN };
const inMonth = (value: string): Partition => ({ index: 'byMonth', attribute: 'month', value });

function partitionOf({ target, subject }: AuditQuery): Partition | undefined {
  if (target !== undefined)
    return { index: 'byTarget', attribute: 'target', value: target, ...(subject !== undefined && { subject }) };
  return subject === undefined ? undefined : { index: 'byPrincipal', attribute: 'subject', value: subject };
}

/** The months that may hold records of the range, newest first: none before those that are kept, none to come. */
function* months({ from, before }: IdRange, retentionDays: number): Generator<string> {
  // A clock of another function may be ahead of ours.
  const now = Date.now();
  const last = Math.min(decodeTime(before), now + DAY_MS);
  const first = Math.max(decodeTime(from), now - (retentionDays + 1) * DAY_MS);
  const day = new Date(last);
  for (let month = Date.UTC(day.getUTCFullYear(), day.getUTCMonth()); monthOf(month) >= monthOf(first); ) {
    yield monthOf(month);
    const at = new Date(month);
    month = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - 1);
  }
}

const unavailable = (cause: unknown) => new AppError('audit-unavailable', { cause });
const fail = (cause: unknown): never => {
  throw cause instanceof AppError ? cause : unavailable(cause);
};

/**
 * What `work` resolves to, or rejects with, within a time.
 *
 * @param milliseconds - from now
 * @throws Error `TimeoutError` past it; the work is not undone, and its result is dropped
 */
export async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(Object.assign(new Error(`not done within ${Math.round(milliseconds)} ms`), { name: 'TimeoutError' }));
  }, milliseconds);
  try {
    return await Promise.race([work(), over]);
  } finally {
    clearTimeout(timer);
  }
}
