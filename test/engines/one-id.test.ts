import type { SQSBatchResponse } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import * as killConnection from '../../functions/kill-connection.ts';
import * as reapTarget from '../../functions/reap-target.ts';
import { createMemoryLeaseStore } from '../../lib/fleet/memory-lease-store.ts';
import { localChatRoutes } from '../../local/chat/local-chat.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { anEvent, bodyOf } from '../helpers/http-event.ts';
import { chatConfig } from '../support/chat/chat-config.ts';
import { until } from '../support/chat/fake-server.ts';
import { buttonOf, type SlackMessage } from '../support/chat/fake-slack.ts';
import { aCommand, aPress } from '../support/chat/messages.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';
import { signedBySlack } from '../support/chat/sign.ts';
import { emitting } from '../support/emitted.ts';
import { lambdaWithXray } from '../support/sampled.ts';
import { type SegmentDocument, startXrayDaemon } from '../support/xray-daemon.ts';
import { Client, servicesFor, urlAs } from './a-server.ts';
import { engines } from './engines.ts';
import { generalLogOf } from './general-log.ts';

const REAPERS = chatConfig(`reapers:
  - { name: one, every: 5m, targets: ['*'], kill: connection, match: { user: warden_one_id }, victims: all, mode: enforce }
`);

/** Every annotation of a trace, wherever in it. */
const annotationsOf = ({ annotations, subsegments = [] }: SegmentDocument): readonly unknown[] => [
  annotations,
  ...subsegments.flatMap(annotationsOf),
];

let daemon: Awaited<ReturnType<typeof startXrayDaemon>>;
beforeAll(async () => {
  daemon = await startXrayDaemon();
});
afterAll(() => daemon.stop());

// The kernel of OceanBase 1.4 keeps no log of statements that could be read.
const logging = engines.filter(({ name }) => name !== 'oceanbase');

describe.each(logging)('one ID from the request to the log of $name', ({ url = '' }) => {
  let on: ReturnType<typeof emitting>;
  let services: ReturnType<typeof servicesFor>;
  let client: Client;

  beforeAll(async () => {
    if (!url) return;
    const root = await Client.open(url);
    await root.run("CREATE USER IF NOT EXISTS warden_one_id IDENTIFIED BY 'pw'");
    root.close();
  });
  afterAll(async () => {
    if (!url) return;
    const root = await Client.open(url);
    await root.run('DROP USER IF EXISTS warden_one_id');
    root.close();
  });
  beforeEach(async () => {
    on = emitting();
    daemon.taken.length = 0;
    lambdaWithXray(daemon.address);
    if (!url) return;
    services = servicesFor(url, REAPERS);
    client = await Client.open(urlAs(url, 'warden_one_id', 'pw'));
  });
  afterEach(() => {
    client?.close();
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  /** The one KILL that was sent bears the ID in the server's log, and so do record, trace and our own log. */
  async function expectOneId(id: string, log: readonly string[], outcome = 'terminated'): Promise<void> {
    const kills = log.filter((text) => /\bKILL\b/.test(text) && text.includes(client.id));
    // MySQL logs each statement of a packet by itself, MariaDB the packet.
    expect(kills).toEqual([expect.stringContaining(`/* session-warden ${id} */ KILL`)]);
    expect(services.audit.records).toMatchObject([{ correlationId: id, outcome, sessionId: client.id }]);
    for (const line of on.logged()) expect(line).toMatchObject({ correlationId: id });
    const traced = await until(
      () =>
        daemon.taken
          .map((text) => JSON.parse(text) as SegmentDocument)
          .flatMap(annotationsOf)
          .find((one) => JSON.stringify(one).includes(outcome)),
      'a trace with the outcome',
    );
    expect(traced).toMatchObject({ correlationId: id, target: 'local', outcome });
    expect(daemon.taken.join()).not.toMatch(/warden_one_id|SELECT|KILL CONN/);
    expect(await client.isAlive()).toBe(false);
  }

  it.skipIf(!url)('of an HTTP request', async () => {
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
    const queue = { send: async () => {}, hide: async () => {} };
    const fleet = async () => ({ ...services, queue, leases: createMemoryLeaseStore() });
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
    const messages: SlackMessage[] = [];
    const routes = localChatRoutes({
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
    daemon.taken.length = 0;

    const log = await generalLogOf(url, async () => {
      await send('chat-2', aPress(action, value));
    });

    await expectOneId('chat-2', log);

    // What is refused inside is logged with the ID that its receiver gave.
    await send('chat-3', aCommand(`show local ${client.id}`));
    expect(on.logged()).toMatchObject([{ code: 'session-not-found', correlationId: 'chat-3' }]);
  });
});
