import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { decodeTime } from 'ulid';
import type { AuditRecord, Intent } from '../audit.ts';

/** An item of the audit table. */
export type Item = Record<string, AttributeValue>;

/** The value of the partition key of `byOpen`, while an intent is open. */
export const OPEN = 'open';

/** The partition of `byMonth` that a moment (milliseconds since the epoch, UTC) belongs to, `2026-11`. */
export const monthOf = (time: number): string => new Date(time).toISOString().slice(0, 7);

const toValue = (value: string | number): AttributeValue =>
  typeof value === 'number' ? { N: String(value) } : { S: value };

/** An open intent as an item, which expires `retentionDays` after it was made. What is `null` is left out. */
export function toItem(id: string, { principal, ...intent }: Intent, retentionDays: number): Item {
  const time = decodeTime(id);
  const fields: Readonly<Record<string, string | number | null>> = {
    ...intent,
    id,
    source: principal.source,
    subject: principal.subject,
    month: monthOf(time),
    open: OPEN,
    expiresAt: Math.floor(time / 1000) + retentionDays * 86_400,
  };
  const present = Object.entries(fields).filter((field): field is [string, string | number] => field[1] !== null);
  return Object.fromEntries(present.map(([name, value]) => [name, toValue(value)]));
}

/** An item as {@link toItem} and an outcome made it. */
export function toRecord(item: Item): AuditRecord {
  const text = (name: string) => item[name]?.S ?? null;
  const id = text('id') ?? '';
  const time = item['time']?.N;
  const record = {
    id,
    at: new Date(decodeTime(id)).toISOString(),
    target: text('target'),
    principal: { source: text('source'), subject: text('subject') },
    kind: text('kind'),
    sessionId: text('sessionId'),
    sessionTag: text('sessionTag'),
    statementTag: text('statementTag'),
    user: text('user'),
    host: text('host'),
    db: text('db'),
    command: text('command'),
    time: time === undefined ? null : Number(time),
    statement: text('statement'),
    identity: text('identity'),
    reaper: text('reaper'),
    reason: text('reason'),
    correlationId: text('correlationId'),
    outcome: text('outcome'),
    proven: item['proven']?.BOOL ?? false,
    detail: text('detail'),
    outcomeAt: text('outcomeAt'),
  };
  // Nobody else writes the table, and every field came from a typed intent or outcome.
  return record as unknown as AuditRecord;
}
