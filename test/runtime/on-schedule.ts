import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { httpEvent, scheduledEvent } from './events.ts';
import { answered, present, type Stage } from './stage.ts';

/** The planner, and what needs no session. */
export function onSchedule({ cloud, once }: Stage): void {
  it('plan what is due, by the schedule, and work it off by the queue', async () => {
    const due = present.flatMap(({ name }) => ['idle-runtime', 'warned-runtime'].map((rule) => `${name} ${rule}`));
    expect(await once('plan-reaps', scheduledEvent(new Date()))).toEqual({ answer: { planned: due.length } });
    const { messages, outcome, log } = await cloud().drain('reap-target');
    expect(messages.map(({ target, reaper }) => `${target} ${reaper}`).toSorted()).toEqual(due.toSorted());
    expect(outcome, log).toEqual({ answer: { batchItemFailures: [] } });
  });

  it('let Lambda keep what failed, with the role of the function that did', async () => {
    const { account, queueOf, sqsAs } = cloud();
    const kept = account.all('AWS::Lambda::EventInvokeConfig').map(([, { FunctionName, DestinationConfig }]) => {
      const QueueUrl = queueOf(account.resolve(DestinationConfig.OnFailure.Destination));
      return [account.resolve(FunctionName), new SendMessageCommand({ QueueUrl, MessageBody: '{}' })] as const;
    });
    expect(kept.map(([name]) => name).toSorted()).toEqual(['chat-worker', 'plan-reaps', 'sweep-audit']);
    for (const [name, message] of kept) await expect(sqsAs(name).send(message)).resolves.toHaveProperty('MessageId');
  });

  it('stop every kill, tell of it, and end that, on record', async () => {
    const stop = answered(await once('stop-kills', httpEvent('PUT', '/stop', {}, { body: { reason: 'rehearsed' } })));
    expect(stop).toMatchObject({ statusCode: 200, body: { stopped: true, reason: 'rehearsed' } });
    expect(answered(await once('show-stop', httpEvent('GET', '/stop', {}))).body).toMatchObject({ stopped: true });
    expect(await once('plan-reaps', scheduledEvent(new Date()))).toEqual({ answer: { planned: 0 } });
    expect(answered(await once('resume-kills', httpEvent('DELETE', '/stop', {}))).body).toMatchObject({
      stopped: false,
    });
    for (const query of ['principal=ada&limit=2', 'limit=2']) {
      const listed = answered(await once('list-audit', httpEvent('GET', '/audit', {}, { query })));
      expect(listed.body['records']).toMatchObject([{ kind: 'resume' }, { kind: 'stop', reason: 'rehearsed' }]);
    }
  });

  it('list the targets', async () => {
    const { body } = answered(await once('list-targets', httpEvent('GET', '/targets', {})));
    expect(body['targets']).toHaveLength(present.length);
  });

  it('serve the console to anybody', async () => {
    const asked = { ...httpEvent('GET', '/console/settings.json', {}), rawPath: '/console/settings.json' };
    expect(answered(await once('get-console', asked)).body).toMatchObject({
      signIn: 'issuer',
      issuer: 'https://id.example.com',
    });
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
}
