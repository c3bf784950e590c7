import * as z from 'zod/mini';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { askedRuleSchema } from '../reaper/policy-schema.ts';
import { GROUP_COLUMNS } from '../sessions/group-key.ts';
import type { SessionGroups, SessionPage } from '../sessions/list-sessions.ts';
import {
  type AnswerSchema,
  approvalSchema,
  blockerSchema,
  bulkKillSchema,
  groupSchema,
  healthSchema,
  killSchema,
  reapSchema,
  recordSchema,
  sessionDetailSchema,
  sessionSchema,
  stopSchema,
  targetSchema,
} from './answers.ts';
import type { RequestShape } from './parse.ts';
import * as requests from './requests.ts';

/** What operations are about, in the order in which the document lists them. */
export const OPERATION_TAGS = {
  Targets: 'Databases, and how they are.',
  Sessions: 'What the process list shows, and who blocks whom.',
  Kills: 'Ending sessions and canceling statements, one by one or by a rule.',
  Record: 'Who ended what, when and why.',
  Stop: 'The switch that stops every kill.',
  Document: 'This description.',
} as const;

/** All that the OpenAPI document tells of one operation, besides its route. */
export interface Operation {
  readonly tag: keyof typeof OPERATION_TAGS;
  readonly summary: string;
  readonly request: RequestShape<unknown, unknown, unknown> | null;
  readonly answer: z.ZodMiniType;
  /** Besides 200. */
  readonly mayBePending: boolean;
  readonly hasEtag: boolean;
  /** Besides those that every operation may give. */
  readonly codes: readonly ErrorCode[];
}

const isOfTargets = (code: ErrorCode): boolean => code.startsWith('target-');
const TARGET: readonly ErrorCode[] = [...(Object.keys(ERRORS) as ErrorCode[]).filter(isOfTargets), 'too-many-requests'];
const ONE_KILL: readonly ErrorCode[] = [
  'session-not-found',
  'not-allowed',
  'approval-needed',
  'protected',
  'tag-mismatch',
  'tag-required',
  'identity-approximate',
  'too-many-kills',
  'kills-stopped',
  'audit-unavailable',
  'state-unavailable',
];

const next = z
  .nullable(z.string())
  .check(z.meta({ description: 'The cursor of the next page; null on the last, and in an order by time.' }));
const total = z.number().check(z.meta({ description: 'All sessions that the filters let through.' }));
const undecided = z
  .number()
  .check(
    z.meta({ description: 'Sessions that the filters left out because the server does not show what they ask for.' }),
  );
const plain = { mayBePending: false, hasEtag: false } as const;
const ofStop = { ...plain, tag: 'Stop', answer: stopSchema, codes: ['privilege-needed', 'state-unavailable'] } as const;
const oneKill = {
  tag: 'Kills',
  answer: killSchema,
  mayBePending: true,
  hasEtag: false,
  codes: [...TARGET, ...ONE_KILL],
} as const;

const TABLE = {
  'list-targets': {
    ...plain,
    tag: 'Targets',
    summary: 'Targets that you may see',
    request: requests.listTargetsRequest,
    answer: z.strictObject({ targets: z.array(targetSchema) }),
    codes: ['target-timeout', 'too-many-requests'],
  },
  'check-target': {
    ...plain,
    tag: 'Targets',
    summary: 'How a target is, and what its account lacks',
    request: requests.checkTargetRequest,
    answer: healthSchema,
    codes: ['target-not-found', 'privilege-needed', 'target-timeout', 'too-many-requests'],
  },
  'list-sessions': {
    ...plain,
    tag: 'Sessions',
    summary: 'Sessions that you may view, or how many there are by a column',
    request: requests.listSessionsRequest,
    answer: z.union([
      z.strictObject({ sessions: z.array(sessionSchema), total, next, undecided }) satisfies AnswerSchema<SessionPage>,
      z.strictObject({
        groupBy: z.enum(GROUP_COLUMNS),
        groups: z.array(groupSchema),
        more: z.number().check(z.meta({ description: 'How many groups there are besides.' })),
        total,
        undecided,
      }) satisfies AnswerSchema<SessionGroups>,
    ]),
    codes: [...TARGET, 'answer-too-large', 'privilege-needed'],
  },
  'get-session': {
    ...plain,
    tag: 'Sessions',
    hasEtag: true,
    summary: 'One session',
    request: requests.getSessionRequest,
    answer: sessionDetailSchema,
    codes: [...TARGET, 'session-not-found', 'answer-too-large', 'privilege-needed'],
  },
  'kill-connection': {
    ...oneKill,
    summary: 'End a session (KILL CONNECTION)',
    request: requests.killConnectionRequest,
  },
  'kill-query': { ...oneKill, summary: 'Cancel what a session runs (KILL QUERY)', request: requests.killQueryRequest },
  'kill-sessions': {
    ...plain,
    tag: 'Kills',
    summary: 'End up to 1,000 sessions or statements, with an outcome for each',
    request: requests.killSessionsRequest,
    answer: z.strictObject({ target: z.string(), results: z.array(bulkKillSchema) }),
    codes: [...TARGET, 'tag-required', 'audit-unavailable'],
  },
  'list-blockers': {
    ...plain,
    tag: 'Sessions',
    summary: 'Who blocks whom: a forest, roots first',
    request: requests.listBlockersRequest,
    answer: z.strictObject({ blockers: z.array(blockerSchema) }),
    codes: [...TARGET, 'answer-too-large'],
  },
  'preview-reap': {
    ...plain,
    tag: 'Kills',
    summary: 'Run a reaper, or a rule of your own, or see what it would do',
    request: { ...requests.previewReapRequest, body: requests.reapForms(askedRuleSchema) },
    answer: reapSchema,
    codes: [
      ...TARGET,
      'reaper-not-found',
      'privilege-needed',
      'approval-needed',
      'tag-required',
      'kills-stopped',
      'audit-unavailable',
    ],
  },
  'ask-approval': {
    tag: 'Kills',
    summary: 'Ask people in a chat to approve that sessions or statements are ended',
    request: { ...requests.askApprovalRequest, body: requests.approvalForms(askedRuleSchema) },
    answer: approvalSchema,
    mayBePending: true,
    hasEtag: false,
    codes: [...TARGET, ...ONE_KILL],
  },
  'get-approval': {
    tag: 'Kills',
    ...plain,
    summary: 'What was decided, by whom, and what became of it; for who asked',
    request: requests.getApprovalRequest,
    answer: approvalSchema,
    codes: ['approval-not-found', 'state-unavailable'],
  },
  'list-audit': {
    ...plain,
    tag: 'Record',
    summary: 'The record, newest first',
    request: requests.listAuditRequest,
    answer: z.strictObject({ records: z.array(recordSchema), next }),
    codes: ['audit-unavailable', 'answer-too-large', 'privilege-needed'],
  },
  'show-stop': {
    ...ofStop,
    summary: 'Whether every kill is stopped, by whom and why',
    request: requests.showStopRequest,
  },
  'stop-kills': {
    ...ofStop,
    summary: 'Stop every kill of every kind; takes SUPER on every target',
    request: requests.stopKillsRequest,
    codes: [...ofStop.codes, 'audit-unavailable'],
  },
  'resume-kills': {
    ...ofStop,
    summary: 'End the stop, no matter who started it; needs SUPER on every target',
    request: requests.resumeKillsRequest,
    codes: [...ofStop.codes, 'approval-needed', 'audit-unavailable'],
  },
  'get-openapi': {
    ...plain,
    tag: 'Document',
    summary: 'This document',
    request: null,
    answer: z.record(z.string(), z.unknown()),
    codes: [],
  },
} as const satisfies Readonly<Record<string, Operation>>;

/** The functions behind the HTTP API: each is a file of functions/, a Lambda, and an operation of the OpenAPI document. */
export type OperationName = keyof typeof TABLE;

/** What each function takes and answers. */
export const OPERATIONS: Readonly<Record<OperationName, Operation>> = TABLE;
