import { describe, expect, it } from 'vitest';
import { isRunning, seen } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { feishuButtons } from '../support/chat/fake-feishu.ts';
import { sendAsPlatform, until } from '../support/chat/fake-server.ts';
import { buttonOf, buttonsOf, textOf } from '../support/chat/fake-slack.ts';
import { aDingTalkMessage } from '../support/chat/messages.ts';
import { signedByDingTalk } from '../support/chat/sign.ts';
import { CUT, chatOn } from './chat-on.ts';

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
    expect(textOf(outcome)).toContain('The statement is cancelled');
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
        const count = on.chat.dingtalk.length;
        await sendAsPlatform(`${on.chat.gateway}/chat/dingtalk`, signedByDingTalk(aDingTalkMessage(line), new Date()));
        await until(() => on.chat.dingtalk[count], 'an answer for DingTalk');
      }
      expect(JSON.stringify(on.chat.dingtalk)).toContain(client.id);
      expect(JSON.stringify(on.chat.dingtalk.at(-1))).toContain('Nothing can be ended from here');
      expect(isRunning(await seen(services, client.id))).toBe(true);
    },
    90_000,
  );

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
      'no longer the one that you saw',
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
