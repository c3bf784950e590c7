import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDBClient, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { CHAT_ROUTES } from '../../functions/routes.ts';
import { FUNCTIONS, type FunctionName } from '../../infra/function-table.ts';
import { toItem } from '../../lib/audit/dynamodb/audit-item.ts';
import { closeIntent } from '../../lib/audit/dynamodb/close-intent.ts';
import { postOnce } from '../../lib/chatops/worker/work.ts';
import { parseConfig } from '../../lib/config/config.ts';
import { refuseTooMany } from '../../lib/sessions/kill/kill-limit.ts';
import { dynamoReplayStore, dynamoRequestStore } from '../../lib/state/dynamodb-chat-stores.ts';
import { createDynamoDbKillCounter } from '../../lib/state/dynamodb-kill-counter.ts';
import { createDynamoDbStopStore } from '../../lib/state/dynamodb-stop-store.ts';
import { createDynamoDbWarningStore } from '../../lib/state/dynamodb-warning-store.ts';
import { createIdempotency } from '../../lib/state/idempotency.ts';
import { AUDIT_ATTRIBUTES } from '../../lib/state/tables.ts';
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
  ...CHAT_ROUTES.map(({ name }) => ({
    action: 'secretsmanager:GetSecretValue',
    on: `arn:<Partition>:secretsmanager:<Region>:<AccountId>:secret:warden-chats/${name}-??????`,
    reason: 'one secret, known by its name; AWS adds six characters to its ARN',
  })),
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

/** Whose items of the state table are whose, by how their keys begin; no other function may touch them. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  'replay#post/': ['chat-worker'],
  stop: ['stop-kills', 'resume-kills', 'run-command'],
  'warning#': ['reap-target', 'preview-reap', 'run-command', 'chat-worker'],
  'request#': ['reap-target', 'preview-reap', 'ask-approval', 'run-command'],
  'idempotency/kill-sessions#': ['kill-sessions'],
  'idempotency/preview-reap#': ['preview-reap'],
  'idempotency/ask-approval#': ['ask-approval'],
  'kills#': ['kill-connection', 'kill-query', 'kill-sessions', 'preview-reap', 'ask-approval', 'run-command'],
  ...Object.fromEntries(CHAT_ROUTES.map(({ name }) => [`replay#${name}/`, [name]])),
};

/** What the keys of the state table may begin with that a function may use in this way; of any key it is empty. */
function prefixesOf(name: string, action = /^dynamodb:/): readonly string[] {
  const onState = allowed(name).filter((one) => one.on === 'State' && action.test(one.action));
  return onState.flatMap(({ only }) => {
    const patterns = /^dynamodb:LeadingKeys (.*)$/.exec(only)?.[1];
    return patterns === undefined ? [''] : patterns.split(', ').map((pattern) => pattern.replace(/\*.*$/, ''));
  });
}

const WRITES = /:(Put|Update|Delete|BatchWrite)/;

describe.each(Object.keys(FUNCTIONS))('in the state table %s', (name) => {
  it("reaches no key of another function's", () => {
    // Whether all is stopped many may read, and what was decided who tells it.
    const reached = (key: string) =>
      prefixesOf(name, key === 'stop' || key === 'request#' ? WRITES : undefined).some(
        (own) => key.startsWith(own) || own.startsWith(key),
      );
    const foreign = Object.entries(OWNERS).filter(([key, owners]) => reached(key) && !owners.includes(name));
    expect(foreign).toEqual([]);
  });

  it('reaches no key without an owner', () => {
    const known = (own: string) => own !== '' && Object.keys(OWNERS).some((key) => own.startsWith(key));
    expect(prefixesOf(name).filter((own) => !known(own))).toEqual([]);
  });
});

it('has an owner for every key of the state table, who may write it', () => {
  for (const [key, owners] of Object.entries(OWNERS))
    for (const name of owners) expect(prefixesOf(name, WRITES), `${name} ${key}`).toContain(key);
});

it('finds the condition on keys in a form that holds for requests of many keys, and for none', () => {
  const statements = [...resourcesOf(template, 'AWS::IAM::Policy').values()].flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement,
  );
  const onKeys = statements.filter(({ Condition }) => JSON.stringify(Condition ?? {}).includes('LeadingKeys'));
  expect(onKeys.length).toBeGreaterThan(10);
  for (const { Condition } of onKeys)
    expect(Condition).toEqual({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': expect.anything() },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    });
});

/** What a store really asks of the state table: keys by the call that names them. */
async function keysUsed(work: (client: DynamoDBClient) => Promise<unknown>): Promise<readonly [string, string][]> {
  const used: [string, string][] = [];
  const send = async (command: { readonly constructor: { name: string }; readonly input: object }) => {
    const call = command.constructor.name.replace(/Command$/, '');
    const keys = [...JSON.stringify(command.input).matchAll(/"id":\{"S":"([^"]+)"/g)];
    for (const [, key = ''] of keys) used.push([call, key]);
    return {};
  };
  await work(Object.assign(new DynamoDBClient({ region: 'eu-west-1' }), { send })).catch(() => {});
  return used;
}

/** What functions do with the state table, on stores as they are. */
const USES: Readonly<Record<string, readonly [readonly string[], (client: DynamoDBClient) => Promise<unknown>]>> = {
  'messages that were posted': [
    ['chat-worker'],
    async (client) => {
      await postOnce(dynamoReplayStore(client, 't'), 'job', async () => {});
      await createDynamoDbWarningStore({ client, table: 't' }).told('w', 1, 2);
    },
  ],
  warnings: [
    ['reap-target', 'preview-reap', 'run-command'],
    async (client) => {
      const warnings = createDynamoDbWarningStore({ client, table: 't' });
      await warnings.ask('w', { askedAt: 1, extensions: 0, keptBy: null }, undefined, 60);
      await warnings.keep('w', { until: 1, by: 'ada', most: 1, seconds: 60 });
      await warnings.beginEnd('w', 1);
    },
  ],
  'the stop, thrown': [
    ['stop-kills', 'run-command'],
    async (client) => {
      const stops = createDynamoDbStopStore({ client, table: 't' });
      await stops.put({ by: { source: 'jwt', subject: 'ada' }, reason: 'r', since: 's' });
    },
  ],
  'the stop, ended': [
    ['resume-kills', 'run-command'],
    async (client) => createDynamoDbStopStore({ client, table: 't' }).remove(),
  ],
  'the stop, read': [
    [
      ...['show-stop', 'stop-kills', 'resume-kills', 'run-command', 'plan-reaps', 'reap-target'],
      ...['kill-connection', 'kill-query', 'kill-sessions', 'preview-reap'],
    ],
    async (client) => createDynamoDbStopStore({ client, table: 't' }).read(),
  ],
  requests: [
    ['run-command'],
    async (client) => {
      await dynamoRequestStore(client, 't').decide('r', 'approved', 'ada');
      await dynamoRequestStore(client, 't').finish('r', { results: [], code: null });
    },
  ],
  'requests, read': [['get-approval', 'ask-approval'], async (client) => dynamoRequestStore(client, 't').get('r')],
  kills: [
    ['kill-connection', 'kill-query', 'kill-sessions', 'preview-reap', 'run-command'],
    async (client) =>
      refuseTooMany(
        { config: parseConfig('access: []', 'test'), killCounter: createDynamoDbKillCounter({ client, table: 't' }) },
        { source: 'jwt', subject: 'ada' },
        1,
      ),
  ],
  ...Object.fromEntries(
    ['kill-sessions', 'preview-reap'].map((name) => [
      `idempotency of ${name}`,
      [
        [name],
        async (client: DynamoDBClient) => {
          const layer = new DynamoDBPersistenceLayer({ tableName: 't', awsSdkV3Client: client });
          const call = { scope: [name, 'jwt', 'ada'], key: 'k', payload: {}, remainingMs: () => 1_000 };
          await createIdempotency(async () => layer).once(call, async () => ({}));
        },
      ] as const,
    ]),
  ),
};

it.each(Object.entries(USES))('allows the keys that %s have', async (_, [names, use]) => {
  const used = await keysUsed(use);
  expect(used.length).toBeGreaterThan(0);
  for (const name of names)
    for (const [call, key] of used) {
      const prefixes = prefixesOf(name, new RegExp(`:${call}$`));
      expect(
        prefixes.some((prefix) => key.startsWith(prefix)),
        `${name} ${call} ${key}`,
      ).toBe(true);
    }
});

/** The secrets of chats that a function may read. */
const chatSecretsOf = (name: string): readonly string[] =>
  allowed(name).flatMap(({ action, on }) =>
    action === 'secretsmanager:GetSecretValue' ? (/secret:warden-chats\/(\w+)-/.exec(on)?.slice(1) ?? []) : [],
  );

it.each(CHAT_ROUTES.map(({ name }) => name))('lets %s read the secret of its own platform, and no other', (name) => {
  expect(chatSecretsOf(name)).toEqual([name]);
});

it('lets no one but receivers and the worker read a secret of chats', () => {
  const readers = Object.keys(FUNCTIONS).filter((name) => chatSecretsOf(name).length > 0);
  expect(readers.sort()).toEqual([...CHAT_ROUTES.map(({ name }) => name), 'chat-worker'].sort());
});

/** What sends to AWS, and for whom, as far as one file is for one purpose. */
const SENDERS: Readonly<Record<string, readonly FunctionName[]>> = {
  'lib/state/dynamodb-kill-counter.ts': [
    'kill-connection',
    'kill-query',
    'kill-sessions',
    'preview-reap',
    'run-command',
  ],
  'lib/state/dynamodb-stop-store.ts': ['run-command'],
  'lib/state/dynamodb-warning-store.ts': ['reap-target', 'preview-reap', 'run-command'],
  'lib/fleet/sqs-reap-queue.ts': ['reap-target'],
  'lib/chatops/worker/hand-over.ts': ['reap-target', 'preview-reap', 'run-command', 'chat-worker'],
  'lib/audit/dynamodb/close-intent.ts': ['kill-query', 'reap-target', 'run-command', 'sweep-audit'],
  'lib/audit/dynamodb/write-intents.ts': [
    ...(['kill-query', 'kill-sessions', 'preview-reap', 'reap-target', 'run-command'] as const),
    ...(['list-sessions', 'get-session'] as const),
  ],
  'lib/audit/dynamodb/read-records.ts': ['list-audit', 'sweep-audit', 'run-command'],
  'lib/state/dynamodb-chat-stores.ts': ['run-command'],
};

/** Actions that go by another name than the call. */
const ALIASES: Readonly<Record<string, string>> = {
  TransactWriteItems: 'PutItem',
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
};

it.each(Object.entries(SENDERS))('allows all that %s sends, to each that needs it', (file, senders) => {
  const source = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
  const sent = [...source.matchAll(/new (\w+)Command\(/g)].map(([, call = '']) => ALIASES[call] ?? call);
  expect(sent.length).toBeGreaterThan(0);
  for (const name of senders) {
    const actions = allowed(name).map(({ action }) => action.split(':')[1] ?? '');
    // The planner alone puts orders on the queue, the workers hide them.
    const own =
      name === 'reap-target' && file.includes('sqs-reap') ? ['ChangeMessageVisibility', 'DeleteMessage'] : sent;
    expect(
      own.filter((call) => !actions.includes(call)),
      name,
    ).toEqual([]);
  }
});

it('lets no one delete a record, read one that is overwritten, or write what its kind of writing does not need', () => {
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
