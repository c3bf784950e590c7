import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { httpEvent, scheduledEvent } from './events.ts';
import { answered, present, type Stage } from './stage.ts';

/** The planner, and what needs no session. */
export function onSchedule({ cloud, once }: Stage): void {
  it('plan what is due, by the schedule, and put it on the queue', async () => {
    expect(await once('plan-reaps', scheduledEvent(new Date()))).toEqual({ answer: { planned: present.length } });
    const { Messages = [] } = await cloud().sqs.send(
      new ReceiveMessageCommand({ QueueUrl: cloud().environment['REAP_QUEUE_URL'], MaxNumberOfMessages: 10 }),
    );
    expect(Messages.map(({ Body = '' }) => JSON.parse(Body).target).toSorted()).toEqual(
      present.map(({ name }) => name).toSorted(),
    );
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
