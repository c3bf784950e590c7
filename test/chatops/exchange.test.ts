import { describe, expect, it } from 'vitest';
import { isRunning, seen } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { type FeishuCard, feishuButtons, feishuText } from '../support/chat/fake-feishu.ts';
import { until } from '../support/chat/fake-server.ts';
import { aPress } from '../support/chat/messages.ts';
import { buttonOf, buttonsOf, textOf } from '../support/chat/slack-message.ts';
import { CUT, chatOn } from './chat-on.ts';

/** What a card shows of one session: its row, and the button below it. */
const rowOf = ({ body: { elements } }: FeishuCard, id: string) => {
  const at = elements.findIndex((one) => one.tag === 'div' && one.text.content.startsWith(`${id} · `));
  return elements.slice(at, at + 2);
};

const oceanbase = engines.find(({ name }) => name === 'oceanbase');

describe.each([oceanbase ?? { name: 'oceanbase', url: undefined }])('chat-ops on $name', ({ url = '' }) => {
  const { on, services, running } = chatOn(url);

  it.skipIf(!url)('Slack: list, press, confirm: the query ends, its session lives, the buttons go', async () => {
    const { client, ended } = await running();
    const list = await on.chat.slack.type('sessions local command=Query');
    expect(textOf(list)).toContain(client.id);
    expect(textOf(list)).not.toContain('chat-secret-literal');
    const question = await on.chat.slack.press(list, buttonOf(list, 'Cancel query', client.id));
    expect(question.id).toBe(list.id);
    const outcome = await on.chat.slack.press(question, buttonOf(question, 'Yes, cancel it'));
    expect(outcome.id).toBe(list.id);
    expect(textOf(outcome)).toContain('The statement was canceled');
    expect(buttonsOf(outcome)).toEqual([]);
    expect(CUT).toContain(await ended);
    expect(await client.isAlive()).toBe(true);
    expect(services.audit.records.at(-1)).toMatchObject({
      principal: { source: 'slack', subject: 'ada' },
      outcome: 'query-cancelled',
    });
    const late = await on.chat.slack.press(question, buttonOf(question, 'Yes, cancel it'));
    expect(textOf(late)).toContain('Already decided by ada');
  });

  it.skipIf(!url)('Feishu: kill, confirm: the session ends, the card loses its buttons', async () => {
    const { client } = await running();
    const question = await on.chat.feishu.write(`kill local ${client.id} in the way`);
    expect(feishuButtons(question)).toHaveLength(2);
    const outcome = await on.chat.feishu.press(question, 'Yes, end it');
    expect(outcome.id).toBe(question.id);
    expect(outcome.header.title.content).toBe('The session was ended.');
    expect(feishuButtons(outcome)).toEqual([]);
    expect(await client.isAlive()).toBe(false);
    expect(services.audit.records.at(-1)).toMatchObject({
      principal: { source: 'feishu', subject: 'ada' },
      reason: 'in the way',
    });
  });

  it.skipIf(!url)('DingTalk: lists and shows, and ends nothing whatever it says', async () => {
    const { client } = await running();
    expect(await on.chat.dingtalk.write('sessions local command=Query')).toContain(client.id);
    const shown = await on.chat.dingtalk.write(`show local ${client.id}`);
    expect(shown).toContain(`Session ${client.id} on local`);
    expect(shown).not.toContain('chat-secret-literal');
    for (const line of [`kill local ${client.id}`, `cancel local ${client.id}`, 'reap local idle'])
      expect(await on.chat.dingtalk.write(line)).toContain('Nothing can be ended from here');
    expect(await on.chat.dingtalk.write('sessions local', 'stranger')).toContain('dingtalk: ding1/stranger');
    expect(isRunning(await seen(services, client.id))).toBe(true);
  });

  it.skipIf(!url)('Slack: a reason is asked for in a modal, and is in the record', async () => {
    const { client } = await running();
    const question = await on.chat.slack.type(`kill local ${client.id}`);
    const modal = await on.chat.slack.openModal(question, buttonOf(question, 'with a reason'));
    expect(isRunning(await seen(services, client.id))).toBe(true);
    const outcome = await on.chat.slack.submit(modal, 'blocks the checkout\nfor an hour');
    expect(outcome.id).toBe(question.id);
    expect(textOf(outcome)).toContain('The session was ended.');
    expect(buttonsOf(outcome)).toEqual([]);
    expect(await client.isAlive()).toBe(false);
    expect(services.audit.records.at(-1)).toMatchObject({
      outcome: 'terminated',
      reason: 'blocks the checkout for an hour',
    });
  });

  it.skipIf(!url)(
    'Slack: a modal whose three seconds are over opens nothing, and the sender of one must have the right',
    async () => {
      const { client } = await running();
      const question = await on.chat.slack.type(`kill local ${client.id}`);
      const reason = buttonOf(question, 'with a reason');
      const modal = await on.chat.slack.openModal(question, reason);
      expect(textOf(await on.chat.slack.submit(modal, 'mine', 'U0GRACE'))).toContain('question is for another person');
      const { path, fields } = on.chat.slack.address('actions', question.id);
      on.chat.slack.late = 4_000;
      await on.chat.slack.send(aPress(reason.action_id, reason.value, fields));
      const late = await until(
        () => [...on.chat.slack.messages.values()].find((one) => textOf(one).includes('opened in time')),
        path,
      );
      on.chat.slack.late = 0;
      expect(textOf(late)).toContain('Nothing was done.');
      expect(isRunning(await seen(services, client.id))).toBe(true);
    },
  );

  it.skipIf(!url)('Feishu: list, press, confirm: the query ends, the card shows it and has no buttons', async () => {
    const { client, ended } = await running();
    const list = await on.chat.feishu.write('sessions local command=Query');
    expect(feishuText(list)).not.toContain('chat-secret-literal');
    const question = await on.chat.feishu.press(
      { ...list, body: { elements: rowOf(list, client.id) } },
      'Cancel query',
    );
    expect(question.id).toBe(list.id);
    const outcome = await on.chat.feishu.press(question, 'Yes, cancel it');
    expect(outcome.id).toBe(list.id);
    expect(feishuText(outcome)).toContain('The statement was canceled');
    expect(feishuButtons(outcome)).toEqual([]);
    expect(CUT).toContain(await ended);
    expect(await client.isAlive()).toBe(true);
    expect(feishuText(await on.chat.feishu.press(question, 'Yes, cancel it'))).toContain('Already decided by ada');
  });

  it.skipIf(!url)('shows buttons to who may end, and none to who may only look', async () => {
    const { client } = await running();
    expect(buttonsOf(await on.chat.slack.type(`show local ${client.id}`))).toHaveLength(2);
    expect(buttonsOf(await on.chat.slack.type(`show local ${client.id}`, 'U0LINUS'))).toEqual([]);
    expect(textOf(await on.chat.slack.type(`kill local ${client.id}`, 'U0LINUS'))).toContain('may not end it');
    expect(services.audit.records.at(-1)).toMatchObject({ principal: { subject: 'linus' }, outcome: 'refused' });
    expect(textOf(await on.chat.slack.type('sessions local', 'U0NOBODY'))).toContain('slack: T0001/U0NOBODY');
  });

  it.skipIf(!url)('leaves alone what took the place of what was seen', async () => {
    const { client, ended } = await running();
    const question = await on.chat.slack.type(`cancel local ${client.id}`);
    const other = await on.chat.slack.type(`cancel local ${client.id}`);
    await on.chat.slack.press(other, buttonOf(other, 'Yes, cancel it'));
    await ended;
    await running(client);
    expect(textOf(await on.chat.slack.press(question, buttonOf(question, 'Yes')))).toContain(
      'has changed since you listed it',
    );
    expect(isRunning(await seen(services, client.id))).toBe(true);
  });

  it.skipIf(!url)('blockers come worst first, each with a button for who may end it', async () => {
    const { client } = await running();
    const message = await on.chat.slack.type('blockers local');
    expect(textOf(message)).toMatch(/blocks \d+ · /);
    expect(buttonOf(message, 'Cancel query', client.id).value).toMatch(/^[\w-]{22}$/);
    expect(buttonsOf(await on.chat.slack.type('blockers local', 'U0LINUS'))).toEqual([]);
  });
});
