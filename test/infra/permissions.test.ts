import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS, type FunctionName } from '../../infra/function-table.ts';
import { toItem } from '../../lib/audit/dynamodb/audit-item.ts';
import { closeIntent } from '../../lib/audit/dynamodb/close-intent.ts';
import { AUDIT_ATTRIBUTES } from '../../lib/aws-tables.ts';
import { anIntent, NOTHING } from '../contract/an-intent.ts';
import { type Permission, permissionsOf, permissionsOfRole } from './permissions.ts';
import { permissionsPage, type Wildcard } from './permissions-page.ts';
import { resourcesOf } from './resources.ts';
import { synthesize } from './synthesize.ts';

const template = synthesize().template();
const permissions = permissionsOf(template);
const TABLE = join(import.meta.dirname, '../../docs/permissions.md');

/** Every wildcard that a role may hold, and why. */
const WILDCARDS: readonly Wildcard[] = [
  { action: 'xray:PutTraceSegments', on: '*', reason: 'takes no resource' },
  { action: 'xray:PutTelemetryRecords', on: '*', reason: 'takes no resource' },
  { action: 'secretsmanager:ListSecrets', on: '*', reason: 'takes no resource, and tells names only' },
  ...[
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ].map((action) => ({ action, on: '*', reason: "takes none that is known before; Lambda's own, denied to the code" })),
  {
    action: 'secretsmanager:GetSecretValue',
    on: 'arn:<Partition>:secretsmanager:<Region>:<AccountId>:secret:warden/*',
    reason: 'targets are found at run time: all secrets with the prefix are targets',
  },
  {
    action: 'secretsmanager:GetSecretValue',
    on: 'arn:<Partition>:secretsmanager:<Region>:<AccountId>:secret:warden-chats-??????',
    reason: 'one secret, known by its name; AWS adds six characters to its ARN',
  },
];

const isKnown = ({ action, on }: Permission) => WILDCARDS.some((one) => one.action === action && one.on === on);
const isWild = ({ action, on }: Permission) => /[*?]/.test(action + on);
const allowed = (name: string): readonly Permission[] =>
  (permissions.get(name) ?? []).filter(({ effect }) => effect === 'Allow');

describe.each(Object.keys(FUNCTIONS) as FunctionName[])('the role of %s', (name) => {
  it('names every resource but those of the list of wildcards', () => {
    expect(allowed(name).length).toBeGreaterThan(0);
    expect(allowed(name).filter((one) => isWild(one) && !isKnown(one))).toEqual([]);
  });

  it('uses keys by way of one AWS service only', () => {
    const keys = allowed(name).filter(({ action }) => action.startsWith('kms:'));
    expect(keys.filter(({ only }) => !/^kms:ViaService \w+\.<Region>\.<URLSuffix>$/.test(only))).toEqual([]);
  });
});

it('needs each wildcard of the list', () => {
  const wild = [...permissions.keys()].flatMap(allowed).filter(isWild);
  const unused = WILDCARDS.filter(({ action, on }) => !wild.some((one) => one.action === action && one.on === on));
  expect(unused).toEqual([]);
});

it("lets the schedule's role start its two functions and keep what failed, for this group of this account only", () => {
  const role = [...resourcesOf(template, 'AWS::IAM::Role')].find(([id]) => id.startsWith('WardenScheduleRole'));
  expect(permissionsOfRole(template, role?.[0] ?? '').map(({ action, on }) => `${action} ${on}`)).toEqual([
    'lambda:InvokeFunction planreaps',
    'lambda:InvokeFunction sweepaudit',
    'sqs:SendMessage FailedEvents',
    'kms:Decrypt Key',
    'kms:GenerateDataKey Key',
  ]);
  expect(role?.[1].Properties.AssumeRolePolicyDocument.Statement).toEqual([
    expect.objectContaining({
      Principal: { Service: 'scheduler.amazonaws.com' },
      Condition: {
        StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' }, 'aws:SourceArn': expect.anything() },
      },
    }),
  ]);
});

/** What sends to AWS, and for whom, as far as one file is for one purpose. */
const SENDERS: Readonly<Record<string, readonly FunctionName[]>> = {
  'lib/fleet/dynamodb-lease-store.ts': ['reap-target', 'chat-worker'],
  'lib/reaper/warn/dynamodb-warning-store.ts': ['reap-target', 'preview-reap', 'run-command'],
  'lib/fleet/sqs-reap-queue.ts': ['reap-target'],
  'lib/chatops/sqs-hand-over.ts': ['reap-target', 'preview-reap', 'run-command', 'chat-worker'],
  'lib/audit/dynamodb/close-intent.ts': ['kill-query', 'reap-target', 'run-command', 'sweep-audit'],
  'lib/audit/dynamodb/write-intents.ts': [
    ...(['kill-query', 'kill-sessions', 'preview-reap', 'reap-target', 'run-command'] as const),
    ...(['list-sessions', 'get-session'] as const),
  ],
  'lib/audit/dynamodb/read-ids.ts': ['list-audit', 'sweep-audit', 'run-command'],
  'lib/audit/dynamodb/read-records.ts': ['list-audit', 'sweep-audit', 'run-command'],
  'lib/chatops/stores/dynamo-stores.ts': ['run-command'],
};

/** Actions that go by another name than the call. */
const ALIASES: Readonly<Record<string, string>> = { TransactWriteItems: 'PutItem', SendMessageBatch: 'SendMessage' };

it.each(Object.entries(SENDERS))('allows all that %s sends, to each that needs it', (file, senders) => {
  const source = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
  const sent = [...source.matchAll(/new (\w+)Command\(/g)].map(([, call = '']) => ALIASES[call] ?? call);
  expect(sent.length).toBeGreaterThan(0);
  for (const name of senders) {
    const actions = allowed(name).map(({ action }) => action.split(':')[1] ?? '');
    // The planner alone puts orders on the queue, the workers hide them.
    const own = name === 'reap-target' && file.includes('sqs-reap') ? ['ChangeMessageVisibility'] : sent;
    expect(
      own.filter((call) => !actions.includes(call)),
      name,
    ).toEqual([]);
  }
});

it('lets nobody delete a record, read one that is overwritten, or write what its kind of writing does not need', () => {
  const writers = [...permissions.keys()].flatMap((name) =>
    allowed(name)
      .filter(
        ({ action, on }) => on === 'Audit' && /^dynamodb:(?:Put|Update|Delete|Batch|Transact|Partiql)/i.test(action),
      )
      .map(({ action, only }) => `${action} ${only}`),
  );
  expect([...new Set(writers)].toSorted()).toEqual([
    'dynamodb:BatchGetItem ',
    'dynamodb:PutItem dynamodb:Attributes of intent; dynamodb:ReturnValues NONE',
    'dynamodb:PutItem dynamodb:Attributes of read; dynamodb:ReturnValues NONE',
    'dynamodb:UpdateItem dynamodb:Attributes of closing; dynamodb:ReturnValues NONE',
  ]);
});

it('lets the record be written as it is: every attribute of an intent, a read and an outcome', async () => {
  const approver = { source: 'slack', subject: 'boss' };
  const intent = toItem('01ARZ3NDEKTSV4RRFFQ69G5FAV', anIntent({ filter: null, count: null }), 400);
  const outside = (names: readonly string[], of: keyof typeof AUDIT_ATTRIBUTES) =>
    names.filter((name) => !(AUDIT_ATTRIBUTES[of] as readonly string[]).includes(name));
  expect(outside(Object.keys(intent), 'intent')).toEqual([]);
  const bare = { ...anIntent(NOTHING), kind: 'read', filter: '{}', count: 1, sessionId: null } as const;
  const shown = toItem('01ARZ3NDEKTSV4RRFFQ69G5FAV', bare, 400, { outcome: 'shown', proven: true, detail: null });
  expect(outside(Object.keys(shown), 'read')).toEqual([]);
  let sent: UpdateItemCommandInput | undefined;
  const client = {
    send: async ({ input }: { readonly input: UpdateItemCommandInput }) => {
      sent = input;
    },
  };
  const outcome = { outcome: 'refused', proven: true, detail: 'denied', approver } as const;
  await closeIntent(client as never, 'audit', 'id', outcome);
  const named = Object.values(sent?.ExpressionAttributeNames ?? {});
  const plain = [...(sent?.UpdateExpression ?? '').matchAll(/(?<![#:\w])([a-z]\w*) =/g)].map(([, name = '']) => name);
  expect(plain).toContain('approver');
  expect(outside([...Object.keys(sent?.Key ?? {}), ...named, ...plain], 'closing')).toEqual([]);
});

it('is listed in docs/permissions.md as it is', async () => {
  await expect(permissionsPage(permissions, WILDCARDS)).toMatchFileSnapshot(TABLE);
});
