import { expect, it } from 'vitest';
import { anAnswer } from '../../lib/chatops/messages/answer.ts';
import type { ChatJob } from '../../lib/chatops/worker/hand-over.ts';
import { aCommand, aPress } from '../support/chat/messages.ts';
import { signedBySlack } from '../support/chat/sign.ts';
import { httpEvent, sqsEvent } from './events.ts';
import { preload } from './lambda.ts';
import { answered, present, type Stage, session } from './stage.ts';

/** From a platform's request to its answer: receiver, worker and the function inside, each its own bundle and process. */
export function inChats({ cloud, open, once }: Stage): void {
  /** What Slack sends goes to its function, what that hands over to the worker; resolves to what is posted. */
  const throughSlack = async (
    form: string,
    platform = cloud().toPlatforms,
  ): Promise<readonly { readonly path: string; readonly text: string }[]> => {
    const { invoked, posted, start } = cloud();
    const [jobs, posts] = [invoked.length, posted.length];
    await once('slack', { ...httpEvent('POST', '/chat/slack', {}), ...signedBySlack(form, new Date()) });
    const [job] = invoked.slice(jobs);
    await using worker = await start('chat-worker', { node: [platform] });
    expect(await worker.invoke(job?.body), worker.log()).toEqual({ answer: null });
    return posted.slice(posts).map(({ path, body }) => ({ path, text: JSON.stringify(body) }));
  };

  /** What is posted of what a run or a question left on the queue. */
  const posts = async (): Promise<string> => {
    const { drain, posted, toPlatforms } = cloud();
    const before = posted.length;
    const { outcome, log } = await drain('chat-worker', { node: [toPlatforms] });
    expect(outcome, log).toEqual({ answer: { batchItemFailures: [] } });
    return JSON.stringify(posted.slice(before).map(({ body }) => body));
  };

  it('carry a command from Slack to the function inside, and its answer back', async () => {
    const [answer, ...rest] = await throughSlack(aCommand('targets'));
    expect(rest).toEqual([]);
    expect(answer?.path).toBe('/hooks.slack.com/commands/T0001/1/a');
    for (const { name } of present) expect(answer?.text).toContain(name);
  });

  it('tell a stranger that they may do nothing, and call no function inside', async () => {
    const before = cloud().invoked.length;
    const [answer] = await throughSlack(aCommand('targets', { user_id: 'U0EVE' }));
    expect(answer?.text).toContain('U0EVE');
    for (const { name } of present) expect(answer?.text).not.toContain(name);
    expect(
      cloud()
        .invoked.slice(before)
        .map(({ path }) => path),
    ).toEqual(['/2015-03-31/functions/chat-worker/invocations']);
  });

  it('end a session that someone chose by a button, and keep who it was', async (context) => {
    context.skip(present.length === 0, 'No engine runs here.');
    const [{ name: target, url } = { name: '', url: '' }] = present;
    const client = await open(url);
    const [asked] = await throughSlack(aCommand(`kill ${target} ${client.id} it is in the way`));
    expect(asked?.text).toContain(client.id);
    expect(await client.isAlive()).toBe(true);

    const [done] = await throughSlack(press('confirm', asked?.text));
    expect(await client.isAlive()).toBe(false);
    expect(done?.path).toBe('/hooks.slack.com/actions/T0001/1/a');
    const listed = await once('list-audit', httpEvent('GET', '/audit', {}, { query: `target=${target}&limit=1` }));
    expect(answered(listed).body['records']).toMatchObject([
      {
        sessionId: client.id,
        outcome: 'terminated',
        reason: 'it is in the way',
        principal: { source: 'slack', subject: 'ada@example.com' },
      },
    ]);
  });

  it('stop every kill, end that, and show the record', async (context) => {
    context.skip(present.length === 0, 'No engine runs here.');
    expect((await throughSlack(aCommand('stop a rehearsal')))[0]?.text).toMatch(/stopped/i);
    expect((await throughSlack(aCommand('resume')))[0]?.text).not.toMatch(/nothing|failed/i);
    const { name: target = '' } = present[0] ?? {};
    expect((await throughSlack(aCommand(`audit ${target}`)))[0]?.text).toContain('it is in the way');
  });

  it('warn of sessions from the schedule, by hand and in a chat, and let one be kept', async (context) => {
    context.skip(present.length === 0, 'No engine runs here.');
    const [{ name: target, url } = { name: '', url: '' }] = present;
    const { as } = cloud();
    const byHand = await open(as('runtime_warned', url));
    const event = httpEvent('POST', '/', { target }, { body: { reaper: 'warned-runtime', dryRun: false } });
    expect(answered(await once('preview-reap', event)).body).toMatchObject({ victims: [] });
    expect(await posts()).toContain(byHand.id);

    const bySchedule = await open(as('runtime_warned', url));
    const dueAt = new Date().toISOString();
    const order = { target, reaper: 'warned-runtime', dueAt, planId: `${dueAt.slice(0, 16)}Z` };
    expect(await once('reap-target', sqsEvent(order))).toEqual({ answer: { batchItemFailures: [] } });
    expect(await posts()).toContain(bySchedule.id);

    const inChat = await open(as('runtime_warned', url));
    const [asked] = await throughSlack(aCommand(`reap ${target} warned-runtime`));
    await throughSlack(press('confirm', asked?.text));
    const warning = await posts();
    expect(warning).toContain(inChat.id);
    const [kept] = await throughSlack(press('keep', warning));
    expect(kept?.text).toMatch(/kept/i);
    for (const one of [byHand, bySchedule, inChat]) expect(await one.isAlive()).toBe(true);
  });

  it('put to people what an agent wants to end, and end it once one of them approves', async (context) => {
    context.skip(present.length === 0, 'No engine runs here.');
    const [{ name: target, url } = { name: '', url: '' }] = present;
    const client = await open(url);
    const { tag } = answered(await once('get-session', httpEvent('GET', ...session(target, client.id)))).body;
    const ask = async (more: object, key: string) => {
      const kills = [{ id: client.id, kind: 'connection', ...more }];
      const event = httpEvent('POST', '/', { target }, { body: { kills, reason: 'it hangs' } });
      const headers = { ...(event['headers'] as object), agent: 'robot/1.0', 'idempotency-key': key };
      return answered(await once('ask-approval', { ...event, headers }));
    };
    expect(await ask({}, 'without-a-tag')).toMatchObject({ statusCode: 428 });
    const asked = await ask({ tag }, 'with-a-tag');
    expect(asked).toMatchObject({ statusCode: 202, body: { state: 'open' } });
    const question = await posts();
    expect(question).toContain('robot/1.0');
    await throughSlack(press('approve', question));
    expect(await client.isAlive()).toBe(false);
    const read = await once('get-approval', httpEvent('GET', '/', { target, approval: String(asked.body['id']) }));
    expect(answered(read).body).toMatchObject({ state: 'approved', results: [{ outcome: 'terminated' }] });
  });

  it('post an answer later where the platform does not answer', async () => {
    const broken = preload(`globalThis.fetch = async () => { throw new TypeError('fetch failed'); };`);
    expect(await throughSlack(aCommand('help'), broken)).toEqual([]);
    const { drain, posted, toPlatforms } = cloud();
    const before = posted.length;
    expect((await drain('chat-worker', { node: [toPlatforms] })).outcome).toEqual({
      answer: { batchItemFailures: [] },
    });
    expect(posted.slice(before)).toMatchObject([{ path: '/hooks.slack.com/commands/T0001/1/a' }]);
  });

  it('post what comes through the queue, and once though it comes twice', async () => {
    const job: ChatJob = {
      do: 'post',
      requestId: 'run-1',
      jobId: crypto.randomUUID(),
      to: { channel: 'place', place: 'slack:ops' },
      answer: anAnswer('Three sessions were ended', { audience: 'all' }),
      warnings: [],
    };
    const { posted, start, toPlatforms } = cloud();
    const before = posted.length;
    await using worker = await start('chat-worker', { node: [toPlatforms] });
    for (let round = 0; round < 2; round++)
      expect(await worker.invoke(sqsEvent(job)), worker.log()).toEqual({ answer: { batchItemFailures: [] } });
    expect(posted.slice(before)).toMatchObject([
      { path: '/hooks.slack.com/services/T0001/B1/x1', body: { text: 'Three sessions were ended' } },
    ]);
  });

  it('fail by name where there is nothing to post to', async () => {
    expect(await once('chat-worker', { do: 'nothing' })).toMatchObject({ error: { errorType: 'AppError' } });
  });
}

/** The press of the first button of that kind in a message. */
function press(click: string, message = ''): string {
  const [, action = '', request = ''] =
    new RegExp(`"action_id":"(${click}:\\d+)","value":"([\\w-]{22})"`).exec(message.replaceAll('\\"', '"')) ?? [];
  expect(action, message).toMatch(new RegExp(`^${click}`));
  return aPress(action, request);
}
