import { setTimeout as sleep } from 'node:timers/promises';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/function-table.ts';
import { startDynamoDbLocal } from '../aws/dynamodb-local.ts';
import { startMoto } from '../aws/moto.ts';
import { Client } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { aCommand } from '../support/chat/messages.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';
import {
  signedByAlerter,
  signedByDingTalk,
  signedByFeishu,
  signedBySlack,
  signedByWebhook,
} from '../support/chat/sign.ts';
import { deploy, holdingBack } from './cloud.ts';
import { httpEvent, scheduledEvent, sqsEvent } from './events.ts';
import { preload } from './lambda.ts';
import type { Outcome } from './runtime-api.ts';
import { installRuntimeClient } from './runtime-client.ts';

const [{ file = '', skipped: noClient }, { moto, skipped: noMoto }, { dynamodb, skipped: noDynamo }] =
  await Promise.all([installRuntimeClient(), startMoto(), startDynamoDbLocal()]);
const skipped = noClient ?? noMoto ?? noDynamo;
afterAll(() => Promise.all([moto?.stop(), dynamodb?.stop()]));

const LONG = 'SELECT SLEEP(60) AS t, 1 FROM (SELECT 1 UNION ALL SELECT 2) r';
const present = engines.filter(({ url }) => url !== undefined);

/** What an HTTP function answered; an error of the function itself fails the test with its text. */
function answered(outcome: Outcome): { readonly statusCode: number; readonly body: Record<string, unknown> } {
  if ('error' in outcome) throw new Error(JSON.stringify(outcome.error));
  const { statusCode, body } = outcome.answer as { statusCode: number; body: string };
  return { statusCode, body: JSON.parse(body) };
}

const session = (target: string, id: string) => [`/targets/${target}/sessions/${id}`, { target, id }] as const;

describe.skipIf(skipped !== undefined)(
  `bundles under Lambda's runtime client${skipped ? ` - skipped: ${skipped}` : ''}`,
  () => {
    let cloud: Awaited<ReturnType<typeof deploy>>;
    const clients: Client[] = [];
    const open = async (url = '') => {
      const client = await Client.open(url);
      clients.push(client);
      return client;
    };
    beforeAll(async () => {
      if (moto === undefined || dynamodb === undefined) return;
      cloud = await deploy(file, moto.endpoint, dynamodb, engines);
    }, 180_000);
    afterAll(() => {
      for (const client of clients) client.close();
      cloud?.stop();
    });

    /** Starts a function, hands it one event, and ends it. */
    const once = async (name: string, event: unknown): Promise<Outcome> => {
      await using lambda = await cloud.start(name);
      return await lambda.invoke(event);
    };

    describe.each(engines)('on $name', ({ name: target, url }) => {
      it.skipIf(!url)('list the sessions, with a JWT and with IAM', async () => {
        const client = await open(url);
        await using lambda = await cloud.start('list-sessions');
        for (const iam of [false, true]) {
          const event = httpEvent('GET', `/targets/${target}/sessions`, { target }, { query: 'limit=1000', iam });
          const { statusCode, body } = answered(await lambda.invoke(event));
          expect(statusCode).toBe(200);
          expect(body['sessions']).toContainEqual(expect.objectContaining({ id: client.id, command: 'Sleep' }));
        }
      });

      it.skipIf(!url)('end a session, and keep the record of it', async () => {
        const client = await open(url);
        const { statusCode, body } = answered(
          await once('kill-connection', httpEvent('DELETE', ...session(target, client.id), { query: 'reason=test' })),
        );
        expect(body).toMatchObject({ outcome: 'terminated', identity: 'exact', id: client.id });
        expect(statusCode).toBe(200);
        expect(await client.isAlive()).toBe(false);
        const listed = await once('list-audit', httpEvent('GET', '/audit', {}, { query: `target=${target}&limit=1` }));
        expect(answered(listed).body['records']).toMatchObject([
          { id: body['auditId'], outcome: 'terminated', reason: 'test' },
        ]);
      });

      it.skipIf(!url)('cancel a statement, and leave its session', async () => {
        const client = await open(url);
        const ended = client.run(LONG);
        await using lambda = await cloud.start('kill-query');
        for (
          let tries = 0, outcome: unknown = 'nothing-running';
          outcome === 'nothing-running' && tries < 100;
          tries++
        ) {
          const [path, parameters] = session(target, client.id);
          const answer = answered(await lambda.invoke(httpEvent('DELETE', `${path}/query`, parameters)));
          outcome = answer.body['outcome'];
          if (outcome !== 'nothing-running') expect(answer.body).toMatchObject({ outcome: 'query-cancelled' });
        }
        await ended;
        expect(await client.isAlive()).toBe(true);
      });

      it.skipIf(!url)('end many at once, and once for a key', async () => {
        const both = [await open(url), await open(url)];
        const kills = both.map(({ id }) => ({ id, kind: 'connection' }));
        const event = httpEvent('POST', `/targets/${target}/kills`, { target }, { body: { kills } });
        const keyed = { ...event, headers: { ...(event['headers'] as object), 'idempotency-key': `bulk-${target}` } };
        await using lambda = await cloud.start('kill-sessions');
        const first = answered(await lambda.invoke(keyed));
        expect(first.statusCode).toBe(200);
        expect(JSON.stringify(first.body).match(/"terminated"/g)).toHaveLength(2);
        expect(answered(await lambda.invoke(keyed)).body).toEqual(first.body);
        const other = { ...keyed, body: JSON.stringify({ kills: kills.slice(1) }) };
        expect(answered(await lambda.invoke(other))).toMatchObject({
          statusCode: 422,
          body: { code: 'idempotency-key-reused' },
        });
      });

      it.skipIf(!url)('see a session, blockers, health, and what a reaper would do', async () => {
        const client = await open(url);
        const [path, parameters] = session(target, client.id);
        expect(answered(await once('get-session', httpEvent('GET', path, parameters))).body).toMatchObject({
          id: client.id,
        });
        const about = (name: string, body?: unknown) =>
          once(
            name,
            httpEvent(body === undefined ? 'GET' : 'POST', '/', { target }, body === undefined ? {} : { body }),
          );
        expect(answered(await about('list-blockers')).statusCode).toBe(200);
        expect(answered(await about('check-target')).body).toMatchObject({ reachable: true });
        expect(answered(await about('preview-reap', { reaper: 'idle-runtime' })).statusCode).toBe(200);
      });

      it.skipIf(!url)('run a reaper from the queue, and name the message that failed', async () => {
        const idle = await open(cloud.asIdle(url));
        // A rule on times asks for two seconds at least, since a server counts whole ones.
        await sleep(3_200);
        const dueAt = new Date().toISOString();
        const order = { target, reaper: 'idle-runtime', dueAt, planId: `${dueAt.slice(0, 16)}Z` };
        const outcome = await once('reap-target', sqsEvent(order, { target }));
        expect(outcome).toEqual({ answer: { batchItemFailures: [{ itemIdentifier: expect.stringMatching(/1$/) }] } });
        expect(await idle.isAlive()).toBe(false);
      });
    });

    it('plan what is due, by the schedule, and put it on the queue', async () => {
      expect(await once('plan-reaps', scheduledEvent(new Date()))).toEqual({ answer: { planned: present.length } });
      const { Messages = [] } = await cloud.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: cloud.environment['REAP_QUEUE_URL'], MaxNumberOfMessages: 10 }),
      );
      expect(Messages.map(({ Body = '' }) => JSON.parse(Body).target).toSorted()).toEqual(
        present.map(({ name }) => name).toSorted(),
      );
    });

    it('list the targets', async () => {
      const { body } = answered(await once('list-targets', httpEvent('GET', '/targets', {})));
      expect(body['targets']).toHaveLength(present.length);
    });

    it('describe the API to anybody', async () => {
      const { authorizer: _, ...requestContext } = httpEvent('GET', '/openapi.json', {})['requestContext'] as Record<
        string,
        unknown
      >;
      const event = { ...httpEvent('GET', '/openapi.json', {}), requestContext };
      expect(answered(await once('get-openapi', event)).body).toMatchObject({
        openapi: expect.stringMatching(/^3\.1/),
      });
    });

    it.each([
      ['slack', () => signedBySlack(aCommand('sessions mariadb'), new Date()), {}],
      [
        'feishu',
        () =>
          signedByFeishu(
            { type: 'url_verification', token: CHAT_SECRETS.feishu?.verificationToken, challenge: 'c' },
            new Date(),
          ),
        {},
      ],
      ['dingtalk', () => signedByDingTalk({ text: { content: 'help' } }, new Date()), {}],
      ['webhook', () => signedByWebhook({ command: 'help' }, new Date()), { source: 'deployer' }],
      ['alert', () => signedByAlerter({ alerts: [] }, 'prod'), { source: 'prod' }],
    ] as const)('of %s takes what is signed further than what is not', async (name, signed, pathParameters) => {
      await using lambda = await cloud.start(name);
      const event = { ...httpEvent('POST', `/chat/${name}`, {}), ...signed(), pathParameters };
      const taken = await lambda.invoke(event);
      const forged = await lambda.invoke({
        ...event,
        headers: { 'content-type': 'application/json' },
        body: '{"a":1}',
      });
      if ('error' in taken || 'error' in forged) throw new Error(lambda.log());
      expect(forged.answer).toMatchObject({ statusCode: 401 });
      expect((taken.answer as { statusCode: number }).statusCode).not.toBe(401);
      expect((taken.answer as { statusCode: number }).statusCode).toBeLessThan(500);
      if (name === 'slack')
        expect(cloud.invoked.at(-1)).toMatchObject({
          path: '/2015-03-31/functions/chat-worker/invocations',
          headers: { 'x-amz-invocation-type': 'Event' },
          body: { do: 'incoming', channel: 'slack', incoming: { text: 'sessions mariadb' } },
        });
    });

    it('run a command for the worker', async () => {
      const chat = { identities: ['T0001/U0ADA'], isMapped: true };
      const principal = { source: 'slack', subject: 'ada@example.com', groups: ['dba'], claims: {}, chat };
      const event = { principal, requestId: 'r1', channel: 'slack', what: { do: 'command', line: 'targets' } };
      const outcome = await once('run-command', event);
      for (const { name } of present) expect(JSON.stringify(outcome)).toContain(name);
    });

    it('ask the function inside for what a chat wants, and fail by name where there is nothing to post to', async () => {
      const outcome = await once('chat-worker', { do: 'nothing' });
      expect(outcome).toMatchObject({ error: { errorType: 'AppError' } });
    });

    it('cannot write where the code is, nor anywhere but in /tmp', async () => {
      const probe = preload(`import { rmSync, writeFileSync } from 'node:fs';
      for (const folder of [process.env.LAMBDA_TASK_ROOT, process.cwd(), '/etc', '/tmp'])
        try { writeFileSync(folder + '/probe', ''); rmSync(folder + '/probe'); console.log('wrote', folder); } catch (error) { console.log(error.code, folder); }`);
      await using lambda = await cloud.start('get-openapi', { node: [probe] });
      await lambda.invoke({});
      const root = cloud.functions.get('get-openapi')?.folder;
      expect(lambda.log().split('\n').slice(0, 4)).toEqual([
        `EROFS ${root}`,
        `EROFS ${root}`,
        'EROFS /etc',
        'wrote /tmp',
      ]);
    });

    it.skipIf(present.length === 0).each(['SIGTERM', 'SIGKILL'] as const)(
      'leave an intent where %s ends them in mid-kill, and the sweep closes it',
      async (signal) => {
        const [{ name: target, url }] = present as [(typeof present)[number]];
        const client = await open(url);
        const door = await holdingBack(dynamodb?.endpoint ?? '', 'UpdateItem');
        await using lambda = await cloud.start('kill-connection', {
          environment: { AWS_ENDPOINT_URL_DYNAMODB: door.endpoint },
        });
        const killed = lambda.invoke(httpEvent('DELETE', ...session(target, client.id)));
        await Promise.race([door.held, killed]);
        await lambda.kill(signal);
        expect(await killed).toMatchObject({ error: { errorType: 'Runtime.ExitError' } });
        door.close();

        const ofThis = async () => {
          const { Items = [] } = (await dynamodb?.client.send(
            new ScanCommand({ TableName: cloud.environment['AUDIT_TABLE'], ConsistentRead: true }),
          )) ?? { Items: [] };
          return Items.filter((item) => item['sessionId']?.S === client.id && item['target']?.S === target);
        };
        expect(await ofThis()).toMatchObject([{ open: { S: 'open' } }]);

        // The sweep leaves what is younger than any function may run.
        await using sweep = await cloud.start('sweep-audit', { secondsAhead: 3_600 });
        const swept = await sweep.invoke({});
        expect(swept, sweep.log()).toMatchObject({ answer: { closed: { terminated: 1 }, open: 0 } });
        const [closed] = await ofThis();
        expect(closed).toMatchObject({ outcome: { S: 'terminated' } });
        expect(closed).not.toHaveProperty('open');
      },
    );

    it('are all there', () => {
      expect([...cloud.functions.keys()].toSorted()).toEqual(Object.keys(FUNCTIONS).toSorted());
    });
  },
);
