import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import type { FunctionName } from '../../infra/function-table.ts';
import { anAnswer } from '../../lib/chatops/messages/answer.ts';
import type { Client } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { anAlert } from '../support/chat/alert-messages.ts';
import { aCommand, aDingTalkMessage, aFeishuMessage } from '../support/chat/messages.ts';
import {
  signedByAlerter,
  signedByDingTalk,
  signedByFeishu,
  signedBySlack,
  signedByWebhook,
} from '../support/chat/sign.ts';
import { httpEvent, scheduledEvent, sqsEvent } from './events.ts';
import type { Grant } from './policies/policy.ts';
import { present, type Stage, session } from './stage.ts';

/** A function's most important action, an event that needs it, and what comes of it where the role lacks it. */
interface Lack {
  readonly name: FunctionName;
  readonly action: string;
  readonly event: (target: string, id: string) => unknown;
  readonly ends: unknown;
}

const problem = (statusCode: number, code: string) => ({
  answer: { statusCode, body: expect.stringContaining(`"code":"${code}"`) },
});
const failure = (about: string) => ({ error: { errorType: 'AppError', errorMessage: expect.stringContaining(about) } });
const keyed = (event: Readonly<Record<string, unknown>>) => ({
  ...event,
  headers: { ...(event['headers'] as object), 'idempotency-key': crypto.randomUUID() },
});
const about =
  (method: string, more: { readonly body?: unknown } = {}) =>
  (target: string) =>
    httpEvent(method, '/', { target }, more);
const signed = (name: string, request: object, pathParameters = {}) => ({
  ...httpEvent('POST', `/chat/${name}`, {}),
  ...request,
  pathParameters,
});
const noSecret = problem(503, 'credentials-unavailable');
const noRecord = problem(503, 'audit-unavailable');
const noState = problem(503, 'state-unavailable');
const GET_SECRET = 'secretsmanager:GetSecretValue';
const PRINCIPAL = {
  source: 'slack',
  subject: 'ada@example.com',
  groups: ['dba'],
  claims: {},
  chat: { identities: ['T0001/U0ADA'], isMapped: true },
};

const LACKS: readonly Lack[] = [
  { name: 'list-targets', action: 'secretsmanager:ListSecrets', event: about('GET'), ends: noSecret },
  { name: 'check-target', action: GET_SECRET, event: about('GET'), ends: noSecret },
  { name: 'list-sessions', action: GET_SECRET, event: about('GET'), ends: noSecret },
  { name: 'get-session', action: GET_SECRET, event: (...of) => httpEvent('GET', ...session(...of)), ends: noSecret },
  { name: 'list-blockers', action: 'kms:Decrypt', event: about('GET'), ends: noSecret },
  {
    name: 'kill-connection',
    action: 'dynamodb:PutItem',
    event: (...of) => httpEvent('DELETE', ...session(...of)),
    ends: noRecord,
  },
  {
    name: 'kill-query',
    action: GET_SECRET,
    event: (...of) => httpEvent('DELETE', ...session(...of)),
    ends: noSecret,
  },
  // The key is free again where nothing was done.
  {
    name: 'kill-sessions',
    action: GET_SECRET,
    event: (target, id) => keyed(about('POST', { body: { kills: [{ id, kind: 'connection' }] } })(target)),
    ends: noSecret,
  },
  {
    name: 'kill-sessions',
    action: 'dynamodb:UpdateItem',
    event: (target, id) => about('POST', { body: { kills: [{ id, kind: 'connection' }] } })(target),
    ends: { answer: { statusCode: 200, body: expect.stringContaining('"outcome":null') } },
  },
  {
    name: 'preview-reap',
    action: GET_SECRET,
    event: (target) => keyed(about('POST', { body: { reaper: 'idle-runtime', dryRun: false } })(target)),
    ends: noSecret,
  },
  {
    name: 'ask-approval',
    action: GET_SECRET,
    event: (target, id) =>
      keyed(about('POST', { body: { kills: [{ id, kind: 'connection', tag: 'a'.repeat(22) }] } })(target)),
    ends: noSecret,
  },
  {
    name: 'get-approval',
    action: 'dynamodb:GetItem',
    event: (target) => httpEvent('GET', '/', { target, approval: 'a'.repeat(22) }),
    ends: noState,
  },
  { name: 'list-audit', action: 'dynamodb:BatchGetItem', event: about('GET'), ends: noRecord },
  { name: 'show-stop', action: 'dynamodb:GetItem', event: about('GET'), ends: noState },
  { name: 'stop-kills', action: 'dynamodb:PutItem', event: about('PUT', { body: { reason: 'r' } }), ends: noState },
  { name: 'resume-kills', action: 'dynamodb:DeleteItem', event: about('DELETE'), ends: noState },
  {
    name: 'plan-reaps',
    action: 'sqs:SendMessage',
    event: () => scheduledEvent(new Date()),
    ends: failure('state store does not answer'),
  },
  { name: 'sweep-audit', action: 'dynamodb:Query', event: () => ({}), ends: failure('audit store does not answer') },
  {
    name: 'slack',
    action: 'lambda:InvokeFunction',
    event: () => signed('slack', signedBySlack(aCommand('targets'), new Date())),
    ends: noState,
  },
  {
    name: 'feishu',
    action: 'dynamodb:PutItem',
    event: () => signed('feishu', signedByFeishu(aFeishuMessage('targets', 'event-denied'), new Date())),
    ends: noState,
  },
  {
    name: 'dingtalk',
    action: GET_SECRET,
    event: () => signed('dingtalk', signedByDingTalk(aDingTalkMessage('targets'), new Date())),
    ends: noSecret,
  },
  {
    name: 'webhook',
    action: 'lambda:InvokeFunction',
    event: () =>
      signed('webhook', signedByWebhook({ command: 'targets', post: 'slack:ops' }, new Date(), 'msg_denied'), {
        source: 'deployer',
      }),
    ends: noState,
  },
  {
    name: 'alert',
    action: GET_SECRET,
    event: () => signed('alert', signedByAlerter(anAlert(), 'prod'), { source: 'prod' }),
    ends: noSecret,
  },
  {
    name: 'chat-worker',
    action: 'dynamodb:PutItem',
    event: () =>
      sqsEvent({
        do: 'post',
        requestId: 'run-1',
        jobId: crypto.randomUUID(),
        to: { channel: 'place', place: 'slack:ops' },
        answer: anAnswer('not posted', { audience: 'all' }),
        warnings: [],
      }),
    ends: { answer: { batchItemFailures: [{ itemIdentifier: expect.any(String) }] } },
  },
  {
    name: 'run-command',
    action: GET_SECRET,
    event: (target) => ({
      principal: PRINCIPAL,
      requestId: 'denied-1',
      channel: 'slack',
      what: { do: 'command', line: `sessions ${target}` },
    }),
    ends: { answer: { lines: ['Secrets Manager: AccessDeniedException.', expect.any(String)] } },
  },
];

/** What becomes of a call that AWS denies: the product's own error, and nothing ended. */
export function withoutAPermission({ cloud, open }: Stage): void {
  it.skipIf(present.length === 0).each(LACKS)('$name fails by name where its role lacks $action', async (lack) => {
    const { name, action, event, ends } = lack;
    const [{ name: target, url } = { name: '', url: '' }] = present;
    const client: Client = await open(url);
    const { door, start } = cloud();
    const before = door.refusals.length;
    await using lambda = await start(name, { without: [action] });
    const outcome = await lambda.invoke(event(target, client.id));
    expect(outcome, lambda.log()).toMatchObject(ends as object);
    expect(door.refusals.slice(before)).toContainEqual(
      expect.stringContaining(`assumed-role/${name}/${name} is not authorized to perform: ${action} `),
    );
    expect(await client.isAlive()).toBe(true);
  });

  it('leave an order on the queue for later where a worker may not read its secret', async (context) => {
    context.skip(present.length === 0, 'No engine runs here.');
    const [{ name: target } = { name: '' }] = present;
    const dueAt = new Date().toISOString();
    const order = { target, reaper: 'idle-runtime', dueAt, planId: `${dueAt.slice(0, 16)}Z` };
    const { drain, environmentOf, sqsAs } = cloud();
    const QueueUrl = environmentOf('plan-reaps')['REAP_QUEUE_URL'];
    const MessageBody = JSON.stringify(order);
    await sqsAs('plan-reaps').send(
      new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: target, MessageDeduplicationId: dueAt }),
    );
    const { messages, outcome } = await drain('reap-target', { without: [GET_SECRET] });
    expect(messages).toEqual([order]);
    expect(outcome).toEqual({ answer: { batchItemFailures: [{ itemIdentifier: expect.any(String) }] } });
  });

  it('grant nothing that no call of these tests needed, but for what is listed here', async (context) => {
    context.skip(
      engines.some(({ url }) => url === undefined),
      'Not all engines run here.',
    );
    const { door, functions, statementsOf } = cloud();
    const unused = [...functions.keys()].flatMap((name) =>
      door
        .unused(name, statementsOf(name))
        .filter(({ action }) => !BY_OTHERS.test(action))
        .map((grant) => `${name}: ${inWords(grant)}`),
    );
    expect(unused.toSorted()).toEqual(UNUSED.toSorted());
  });
}

/**
 * What no code of a function asks for by itself: Lambda's agent writes logs and traces and makes network interfaces, and
 * the database server asks for `rds-db:connect`.
 */
const BY_OTHERS = /^(?:logs|xray|ec2|rds-db):/;

/** Granted and needed by no call here. */
const UNUSED: readonly string[] = [
  // Powertools asks for these, and reads a key where DynamoDB refuses it without its item.
  'kill-sessions: dynamodb:GetItem of idempotency/kill-sessions#*',
  'ask-approval: dynamodb:GetItem of idempotency/ask-approval#*',
  'preview-reap: dynamodb:GetItem of idempotency/preview-reap#*',
  // The end of a warned session, a minute after its warning: test/chatops/warnings.test.ts.
  'preview-reap: dynamodb:UpdateItem of warning#*',
  'reap-target: dynamodb:UpdateItem of warning#*',
];

const inWords = ({ action, condition, resource }: Grant): string =>
  `${action} of ${/"dynamodb:LeadingKeys":\["([^"]+)"/.exec(condition)?.[1] ?? resource}`;
