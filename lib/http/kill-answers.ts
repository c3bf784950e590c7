import * as z from 'zod/mini';
import type { AuditRecord } from '../audit/audit.ts';
import type { BulkKillResult } from '../sessions/kill-sessions.ts';
import { type KillResult, OUTCOMES } from '../sessions/outcome.ts';
import type { StopView } from '../stop-kills.ts';
import { type AnswerSchema, codeSchema, idSchema, secondsOrNull, text, textOrNull } from './answers.ts';

const KINDS = ['connection', 'query'] as const;
const kindSchema = z.enum(KINDS);
const outcomeSchema = z.enum(OUTCOMES).check(z.meta({ id: 'Outcome', description: 'What became of the kill.' }));
const identitySchema = z
  .enum(['exact', 'approximate'])
  .check(z.meta({ description: 'How surely the server told this session or statement from any other.' }));
const provenSchema = z.boolean().check(z.meta({ description: "By the server's own record or process list." }));
const auditIdSchema = textOrNull('The audit record; null where nothing was attempted.');

/** {@link KillResult} */
export const killSchema = z
  .strictObject({
    target: text('Name of the target.', 'local'),
    id: idSchema,
    kind: kindSchema,
    outcome: outcomeSchema,
    identity: identitySchema,
    proven: provenSchema,
    auditId: auditIdSchema,
    hint: textOrNull('What to know or do next.'),
  })
  .check(z.meta({ id: 'Kill' })) satisfies AnswerSchema<KillResult>;

/** {@link BulkKillResult} */
export const bulkKillSchema = z
  .strictObject({
    id: idSchema,
    kind: kindSchema,
    outcome: z.nullable(outcomeSchema),
    identity: z.nullable(identitySchema),
    proven: provenSchema,
    auditId: auditIdSchema,
    code: z.nullable(codeSchema),
  })
  .check(z.meta({ id: 'BulkKill' })) satisfies AnswerSchema<BulkKillResult>;

const namedSchema = z.strictObject({ source: z.string(), subject: z.string() });

/** {@link StopView} */
export const stopSchema = z
  .strictObject({
    stopped: z.boolean().check(z.meta({ description: 'Every kill of every kind is stopped.' })),
    by: z
      .nullable(namedSchema)
      .check(z.meta({ description: 'Who threw it; null where none is, and for `stop: true` in warden.yaml.' })),
    reason: textOrNull('Why.'),
    since: textOrNull('Since when, ISO 8601 in UTC.'),
  })
  .check(z.meta({ id: 'Stop' })) satisfies AnswerSchema<StopView>;

/** {@link AuditRecord} */
export const recordSchema = z
  .strictObject({
    id: text('ID of the record, a ULID.', '01JDHV6T0Z8M5W3K9Q7R2N4P1X'),
    at: text('When it was meant, ISO 8601 in UTC.', '2026-11-24T08:00:00.000Z'),
    target: text('Name of the target; `*` of a stop.', 'local'),
    principal: namedSchema,
    caller: z
      .strictObject({
        sessionName: textOrNull('Of an IAM role: the name of its session.'),
        sourceIp: textOrNull('Address of the caller.'),
        userAgent: textOrNull('What the caller said of its program.'),
        issuer: textOrNull('Of a JWT: who issued it.'),
        client: textOrNull('Of a JWT: the program that it was issued to.'),
      })
      .check(
        z.meta({ description: 'From where and as whom the principal called; all null of a chat and a schedule.' }),
      ),
    approver: z.nullable(namedSchema).check(z.meta({ description: 'Who approved it, or said no.' })),
    approvalRequest: textOrNull('The request that was approved or denied.'),
    rule: textOrNull('The access rule that let it happen; null for a schedule and a refusal.'),
    kind: z.enum([...KINDS, 'reap', 'read', 'stop', 'resume']).check(
      z.meta({
        description:
          'What was to be ended; or a run of a reaper, a read with literals, the stop of every kill, or its end.',
      }),
    ),
    sessionId: z.nullable(idSchema).check(z.meta({ description: 'As it was asked for; null for no single session.' })),
    sessionTag: textOrNull('The session tag. null, as are the fields below to identity, where you may not view it.'),
    statementTag: textOrNull('The statement tag, where there was a statement.'),
    user: textOrNull('Database user.'),
    host: textOrNull('Address of the client.'),
    db: textOrNull('Default database.'),
    command: textOrNull('Command.'),
    time: secondsOrNull('Seconds in the command when it was read.'),
    statement: textOrNull('Masked, and cut off.'),
    identity: z.nullable(identitySchema),
    reaper: textOrNull('The reaper whose rule wanted it; null where a person did.'),
    reason: textOrNull('What the caller gave as reason, or the conditions of the rule that hit.'),
    escalates: textOrNull('The record of the cancelled statement that still ran, and so cost its session.'),
    filter: textOrNull('Of a read: its filters.'),
    count: z.nullable(z.number()).check(z.meta({ description: 'Of a read: how many statements were shown.' })),
    correlationId: text('The request ID.', 'JKJaXmPLvHcESHA='),
    outcome: z.nullable(z.enum([...OUTCOMES, 'failed', 'unknown', 'kept', 'approved', 'shown', 'done'])),
    proven: provenSchema,
    detail: textOrNull('The code of an error, or the rule that refused.'),
    outcomeAt: textOrNull('When the outcome was known, ISO 8601 in UTC; null while the intent is open.'),
  })
  .check(z.meta({ id: 'AuditRecord' })) satisfies AnswerSchema<AuditRecord>;
