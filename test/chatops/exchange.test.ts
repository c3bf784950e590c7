import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killSession } from '../../lib/sessions/kill-session.ts';
import { killSessions } from '../../lib/sessions/kill-sessions.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { aPrincipal, Client, isRunning, kill, seen, servicesFor } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { startChat } from '../support/chat/a-chat.ts';
import { chatConfig } from '../support/chat/chat-config.ts';
import { feishuButtons } from '../support/chat/fake-feishu.ts';
import { sendAsPlatform, until } from '../support/chat/fake-server.ts';
import { buttonOf, buttonsOf, textOf } from '../support/chat/fake-slack.ts';
import { aDingTalkMessage, anAlert } from '../support/chat/messages.ts';
import { signedByAlerter, signedByDingTalk, signedByWebhook } from '../support/chat/sign.ts';

const LONG = "SELECT SLEEP(60) AS t, 'chat-secret-literal' FROM (SELECT 1 UNION ALL SELECT 2) r";
const CUT = [1317, 5065, 0];
const [oceanbase] = engines.filter(({ name }) => name === 'oceanbase');

describe.each([oceanbase ?? { name: 'oceanbase', url: undefined }])('chat-ops on $name', ({ url = '' }) => {
  const services = servicesFor(url, chatConfig());
  const clients: Client[] = [];
  let chat: Awaited<ReturnType<typeof startChat>>;
  beforeAll(async () => {
    chat = await startChat(services);
  });
  afterAll(() => chat.stop());
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    expect(chat.slack.faults).toEqual([]);
  });
  const running = async () => {
    const client = await Client.open(url);
    clients.push(client);
    const ended = client.run(LONG);
    await seen(services, client.id, isRunning);
    return { client, ended };
  };

  it.skipIf(!url)('Slack: list, press, confirm: the query ends, its session lives, the buttons go', async () => {
    const { client, ended } = await running();
    const list = await chat.slack.type('sessions local command=Query');
    expect(textOf(list)).toContain(client.id);
    expect(textOf(list)).not.toContain('chat-secret-literal');
    const question = await chat.slack.press(list, buttonOf(list, 'Cancel query', client.id));
    expect(question.id).toBe(list.id);
    const outcome = await chat.slack.press(question, buttonOf(question, 'Yes, cancel it'));
    expect(outcome.id).toBe(list.id);
    expect(textOf(outcome)).toContain('The statement is cancelled');
    expect(buttonsOf(outcome)).toEqual([]);
    expect(CUT).toContain(await ended);
    expect(await client.isAlive()).toBe(true);
    expect(services.audit.records.at(-1)).toMatchObject({
      principal: { source: 'slack', subject: 'ada' },
      outcome: 'query-cancelled',
    });
    const late = await chat.slack.press(question, buttonOf(question, 'Yes, cancel it'));
    expect(textOf(late)).toContain('Already decided by ada');
  });

  it.skipIf(!url)('Feishu: kill, confirm: the session ends, the card loses its buttons', async () => {
    const { client } = await running();
    const question = await chat.feishu.write(`kill local ${client.id} in the way`);
    expect(feishuButtons(question)).toHaveLength(2);
    const outcome = await chat.feishu.press(question, 'Yes, end it');
    expect(outcome.id).toBe(question.id);
    expect(outcome.header.title.content).toBe('The session is ended.');
    expect(feishuButtons(outcome)).toEqual([]);
    expect(await client.isAlive()).toBe(false);
    expect(services.audit.records.at(-1)).toMatchObject({
      principal: { source: 'feishu', subject: 'ada' },
      reason: 'in the way',
    });
  });

  it.skipIf(!url)(
    'DingTalk: lists, and ends nothing whatever it says',
    async () => {
      const { client } = await running();
      for (const line of ['sessions local', `kill local ${client.id}`]) {
        const count = chat.dingtalk.length;
        await sendAsPlatform(`${chat.gateway}/chat/dingtalk`, signedByDingTalk(aDingTalkMessage(line), new Date()));
        await until(() => chat.dingtalk[count], 'an answer for DingTalk');
      }
      expect(JSON.stringify(chat.dingtalk)).toContain(client.id);
      expect(JSON.stringify(chat.dingtalk.at(-1))).toContain('Nothing can be ended from here');
      expect(isRunning(await seen(services, client.id))).toBe(true);
    },
    90_000,
  );

  it.skipIf(!url)('shows buttons to who may end, and none to who may only look', async () => {
    const { client } = await running();
    expect(buttonsOf(await chat.slack.type(`show local ${client.id}`))).toHaveLength(2);
    expect(buttonsOf(await chat.slack.type(`show local ${client.id}`, 'U0LINUS'))).toEqual([]);
    expect(textOf(await chat.slack.type(`kill local ${client.id}`, 'U0LINUS'))).toContain('may not end it');
    expect(services.audit.records.at(-1)).toMatchObject({ principal: { subject: 'linus' }, outcome: 'refused' });
    expect(textOf(await chat.slack.type('sessions local', 'U0NOBODY'))).toContain('slack: T0001/U0NOBODY');
  });

  it.skipIf(!url)('leaves alone what took the place of what was seen', async () => {
    const { client, ended } = await running();
    const question = await chat.slack.type(`cancel local ${client.id}`);
    const other = await chat.slack.type(`cancel local ${client.id}`);
    await chat.slack.press(other, buttonOf(other, 'Yes, cancel it'));
    await ended;
    const next = client.run(LONG);
    await seen(services, client.id, isRunning);
    expect(textOf(await chat.slack.press(question, buttonOf(question, 'Yes')))).toContain(
      'no longer the one that you saw',
    );
    expect(isRunning(await seen(services, client.id))).toBe(true);
    void next;
  });

  it.skipIf(!url)('kills once when twenty approve at the same time, and tells the others who decided', async () => {
    const { client } = await running();
    const before = services.audit.records.length;
    const question = await chat.slack.type(`kill local ${client.id}`, 'U0EVE');
    expect(question.response_type).toBe('in_channel');
    const approve = buttonOf(question, 'Approve');
    expect(textOf(await chat.slack.press(question, approve, 'U0EVE'))).toContain('You may not approve');
    expect(textOf(await chat.slack.press(question, { ...approve, action_id: 'confirm:0' }, 'U0EVE'))).toContain(
      'second person',
    );
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => chat.slack.press(question, approve, at % 2 ? 'U0ADA' : 'U0GRACE')),
    );
    await until(() => (services.audit.records.length > before + 2 ? undefined : true), 'one kill');
    expect(answers).toHaveLength(20);
    const kills = services.audit.records
      .slice(before)
      .filter(({ sessionId, outcome }) => sessionId === client.id && outcome === 'terminated');
    expect(kills).toMatchObject([
      { principal: { subject: 'eve' }, reason: expect.stringMatching(/approved by (ada|grace)/) },
    ]);
    expect(await client.isAlive()).toBe(false);
    expect(textOf(await chat.slack.press(question, approve, 'U0ADA'))).toMatch(/Already decided by (ada|grace)/);
    expect(buttonsOf(chat.slack.messages.get(question.id) ?? question)).toEqual([]);
  });

  it.skipIf(!url)('no other door leads round the approval: one kill, many kills, a made-up approver', async () => {
    const { client } = await running();
    const eve = aPrincipal('eve', ['asker']);
    const id = sessionId(client.id);
    const needed = expect.objectContaining({ code: 'approval-needed' });
    await expect(kill(services, id, 'connection', { principal: eve })).rejects.toEqual(needed);
    const call = {
      principal: eve,
      target: 'local',
      id,
      kind: 'connection',
      tag: null,
      reason: null,
      correlationId: 'test',
      escalateAfter: null,
    } as const;
    for (const approver of [eve, aPrincipal('linus', ['looker'])])
      await expect(killSession(services, { ...call, approver })).rejects.toEqual(needed);
    const { results } = await killSessions(services, { ...call, kills: [{ id, kind: 'query', tag: null }] });
    expect(results).toMatchObject([{ outcome: 'refused', code: 'approval-needed' }]);
    expect(isRunning(await seen(services, client.id))).toBe(true);
    expect(services.audit.records.at(-1)).toMatchObject({ outcome: 'refused', detail: 'approval-needed' });
  });

  it.skipIf(!url)('an alert offers, ends nothing by itself, and a person who may ends with two presses', async () => {
    const { client, ended } = await running();
    const before = chat.slack.messages.size;
    await sendAsPlatform(`${chat.gateway}/chat/alert/prod`, signedByAlerter(anAlert(), 'prod'));
    const alert = await until(() => [...chat.slack.messages.values()][before], 'the alert');
    expect(isRunning(await seen(services, client.id))).toBe(true);
    const button = buttonOf(alert, 'Cancel query', client.id);
    expect(textOf(await chat.slack.press(alert, button, 'U0LINUS'))).toContain('may not end it');
    const question = await chat.slack.press(alert, button);
    expect(textOf(await chat.slack.press(question, buttonOf(question, 'Yes')))).toContain('By ada');
    expect(CUT).toContain(await ended);
  });

  it.skipIf(!url)('a machine asks, and a person decides', async () => {
    const { client } = await running();
    const before = chat.slack.messages.size;
    const request = { command: `kill local ${client.id} deployment`, post: 'slack:ops' };
    await sendAsPlatform(`${chat.gateway}/chat/webhook/deployer`, signedByWebhook(request, new Date(), 'msg_9'));
    const question = await until(() => [...chat.slack.messages.values()][before], 'the question');
    expect(isRunning(await seen(services, client.id))).toBe(true);
    expect(textOf(await chat.slack.press(question, buttonOf(question, 'Yes, end it')))).toContain(
      'The session is ended.',
    );
    expect(await client.isAlive()).toBe(false);
  });
});
