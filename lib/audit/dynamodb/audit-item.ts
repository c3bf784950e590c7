import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { decodeTime } from 'ulid';
import type { AuditOutcome, AuditRecord, Intent } from '../audit.ts';

/** An item of the audit table. */
export type Item = Record<string, AttributeValue>;

/** The value of the partition key of `byOpen`, while an intent is open. */
export const OPEN = 'open';

/** The partition of `byMonth` that a moment (milliseconds since the epoch, UTC) belongs to, `2026-11`. */
export const monthOf = (time: number): string => new Date(time).toISOString().slice(0, 7);

const toValue = (value: string | number | boolean): AttributeValue => {
  if (typeof value === 'boolean') return { BOOL: value };
  return typeof value === 'number' ? { N: String(value) } : { S: value };
};

type Field = string | number | boolean;

/**
 * An intent as an item, which expires `retentionDays` after it was made: open, unless it comes with its outcome. What is
 * `null` is left out. The attributes are those of `AUDIT_ATTRIBUTES` in lib/state/tables.ts, and no others may be written.
 */
export function toItem(
  id: string,
  { principal, caller, approver, ...intent }: Intent,
  retentionDays: number,
  outcome?: AuditOutcome,
): Item {
  const time = decodeTime(id);
  const fields: Readonly<Record<string, Field | null>> = {
    ...intent,
    ...caller,
    id,
    source: principal.source,
    subject: principal.subject,
    approver: approver?.subject ?? null,
    approverSource: approver?.source ?? null,
    month: monthOf(time),
    expiresAt: Math.floor(time / 1000) + retentionDays * 86_400,
    ...(outcome === undefined
      ? { open: OPEN }
      : {
          outcome: outcome.outcome,
          proven: outcome.proven,
          detail: outcome.detail,
          outcomeAt: new Date().toISOString(),
        }),
  };
  const present = Object.entries(fields).filter((field): field is [string, Field] => field[1] !== null);
  return Object.fromEntries(present.map(([name, value]) => [name, toValue(value)]));
}

/** An item as {@link toItem} and an outcome made it. */
export function toRecord(item: Item): AuditRecord {
  const text = (name: string) => item[name]?.S ?? null;
  const number = (name: string) => (item[name]?.N === undefined ? null : Number(item[name].N));
  const id = text('id') ?? '';
  const approver = text('approver');
  const record = {
    id,
    at: new Date(decodeTime(id)).toISOString(),
    target: text('target'),
    principal: { source: text('source'), subject: text('subject') },
    caller: {
      sessionName: text('sessionName'),
      sourceIp: text('sourceIp'),
      userAgent: text('userAgent'),
      issuer: text('issuer'),
      client: text('client'),
    },
    agent: text('agent'),
    approver: approver === null ? null : { source: text('approverSource'), subject: approver },
    approvalRequest: text('approvalRequest'),
    rule: text('rule'),
    kind: text('kind'),
    sessionId: text('sessionId'),
    sessionTag: text('sessionTag'),
    statementTag: text('statementTag'),
    user: text('user'),
    host: text('host'),
    db: text('db'),
    command: text('command'),
    time: number('time'),
    statement: text('statement'),
    identity: text('identity'),
    reaper: text('reaper'),
    reason: text('reason'),
    escalates: text('escalates'),
    filter: text('filter'),
    count: number('count'),
    correlationId: text('correlationId'),
    outcome: text('outcome'),
    proven: item['proven']?.BOOL ?? false,
    detail: text('detail'),
    outcomeAt: text('outcomeAt'),
  };
  // No one else writes the table, and every field came from a typed intent or outcome.
  return record as unknown as AuditRecord;
}
