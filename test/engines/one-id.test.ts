import type { SQSBatchResponse } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import * as killConnection from '../../functions/kill-connection.ts';
import * as reapTarget from '../../functions/reap-target.ts';
import { createLocalChat } from '../../local/chat/local-chat.ts';
import { lambdaContext } from '../../local/gateway/gateway.ts';
import { until } from '../support/chat/fake-server.ts';
import type { SlackMessage } from '../support/chat/fake-slack.ts';
import { aCommand, aPress } from '../support/chat/messages.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';
import { signedBySlack } from '../support/chat/sign.ts';
import { buttonOf } from '../support/chat/slack-message.ts';
import { anEvent, bodyOf } from '../support/http-event.ts';
import { keepSpans } from '../support/spans.ts';
import { engines } from './engines.ts';
import { generalLogOf } from './general-log.ts';
import { oneIdOn } from './one-id-on.ts';

const kept = keepSpans();

// The kernel of OceanBase 1.4 keeps no log of statements that could be read.
const logging = engines.filter(({ name }) => name !== 'oceanbase');

describe.each(logging)('one ID from the request to the log of $name', ({ url = '' }) => {
  const { on, state, expectOneId } = oneIdOn(url, kept);

  it.skipIf(!url)('of an HTTP request', async () => {
    const { services, client } = state;
    const handler = killConnection.createHandler(async () => services);
    const authorizer = { jwt: { claims: { sub: 'ops', groups: '[operator]' } } };
    const event = anEvent({
      pathParameters: { target: 'local', id: client.id },
      requestContext: { requestId: 'http-1', authorizer },
    });
    let answer: Awaited<ReturnType<typeof handler>> | undefined;

    const log = await generalLogOf(url, async () => {
      answer = await handler(event);
    });

    expect(answer).toMatchObject({ statusCode: 200, headers: { 'x-request-id': 'http-1' } });
    await expectOneId('http-1', log);

    // A refused one tells its ID in the answer and in our log.
    const refused = await handler(event);
    expect(bodyOf(refused)).toMatchObject({ code: 'session-not-found', requestId: 'http-1' });
    expect(on.logged()).toMatchObject([{ code: 'session-not-found', correlationId: 'http-1' }]);
  });

  it.skipIf(!url)("of a planner's message", async () => {
    const { services } = state;
    const queue = { send: async () => {}, hide: async () => {}, done: async () => {} };
    const fleet = async () => ({ ...services, queue });
    const handler = reapTarget.createHandler(async () => services, fleet);
    const now = new Date();
    const order = {
      target: 'local',
      reaper: 'one',
      dueAt: now.toISOString(),
      planId: `${now.toISOString().slice(0, 16)}Z`,
    };
    const record = (messageId: string, body: unknown) => ({
      messageId,
      receiptHandle: 'r',
      body: JSON.stringify(body),
      attributes: { ApproximateReceiveCount: '1' },
    });
    let answer: unknown;

    const log = await generalLogOf(url, async () => {
      answer = await handler({ Records: [record('message-1', order)] }, { awsRequestId: 'batch-1' });
    });

    expect(answer).toEqual({ batchItemFailures: [] });
    await expectOneId('message-1', log);

    // One that nobody can read fails, and tells which it was.
    const { batchItemFailures } = (await handler({ Records: [record('message-2', {})] })) as SQSBatchResponse;
    expect(batchItemFailures).toEqual([{ itemIdentifier: 'message-2' }]);
    expect(on.logged()).toMatchObject([{ correlationId: 'message-2', code: 'request-invalid' }]);
  });

  it.skipIf(!url)('of a button in a chat: receiver, worker, command and KILL', async () => {
    const { services, client } = state;
    const messages: SlackMessage[] = [];
    const { routes } = createLocalChat({
      load: async () => services,
      secrets: () => CHAT_SECRETS,
      fetch: async (_address, init) => {
        messages.push(JSON.parse(String(init?.body)) as SlackMessage);
        return new Response('ok');
      },
    });
    const slack = routes.find(({ name }) => name === 'slack');
    const send = async (requestId: string, form: string) => {
      const { headers, body } = signedBySlack(form, new Date());
      const event = { rawPath: '/chat/slack', headers, body, requestContext: { requestId } };
      const count = messages.length;
      const answer = await slack?.handler(event, lambdaContext('slack', requestId));
      expect(answer).toMatchObject({ statusCode: 200, headers: { 'x-request-id': requestId } });
      return until(() => messages[count], 'an answer for Slack');
    };
    const question = await send('chat-1', aCommand(`kill local ${client.id}`));
    const { action_id: action, value } = buttonOf(question, 'Yes, end it');
    kept.reset();

    const log = await generalLogOf(url, async () => {
      await send('chat-2', aPress(action, value));
    });

    await expectOneId('chat-2', log);

    // What is refused inside is logged with the ID that its receiver gave.
    await send('chat-3', aCommand(`show local ${client.id}`));
    expect(on.logged()).toMatchObject([{ code: 'session-not-found', correlationId: 'chat-3' }]);
  });
});
