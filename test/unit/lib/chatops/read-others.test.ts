import { describe, expect, it } from 'vitest';
import type { ChatAnswer } from '../../../../lib/chatops/messages/answer.ts';
import { NOW } from '../../../support/chat/a-receiver.ts';
import { CODE } from '../../../support/chat/channel-code.ts';
import { aDingTalkMessage } from '../../../support/chat/messages.ts';
import { field, forged, incoming, type Refused, receive } from '../../../support/chat/received.ts';
import * as sign from '../../../support/chat/sign.ts';

const LONGEST = 'x'.repeat(2_000);
const OTHER = 'https://hooks.slack.com.example/a';
const dingtalk = (over: Readonly<Record<string, unknown>>, text = 'help') =>
  receive('dingtalk', sign.signedByDingTalk(aDingTalkMessage(text, over), NOW));
const machine = (value: unknown) => receive('webhook', sign.signedByWebhook(value, NOW), 'deployer');

describe('what DingTalk or a machine signed is refused by the field that does not hold', () => {
  it.each<Refused>([
    ['a DingTalk sender with a mark before', () => dingtalk({ senderStaffId: '/ada01' }), field('senderStaffId')],
    ['a DingTalk sender with a mark after', () => dingtalk({ senderStaffId: 'ada01/' }), field('senderStaffId')],
    [
      'another corporation',
      () => dingtalk({ senderCorpId: 'ding2' }),
      forged('The corporation is not one of those configured.'),
    ],
    [
      'an address that is not of DingTalk',
      () => dingtalk({ sessionWebhook: OTHER }),
      forged('sessionWebhook is not an address of DingTalk.'),
    ],
    ['a place with more before', () => machine({ command: 'help', post: 'xslack:ops' }), field('post')],
    ['a place with more after', () => machine({ command: 'help', post: 'slack:ops/' }), field('post')],
  ])('%s', (_, request, [code, detail]) => {
    expect(request).toThrow(expect.objectContaining({ code, detail }));
  });
});

describe('what DingTalk signed is read', () => {
  it.each<[string, () => unknown, object]>([
    ['the longest command of DingTalk', () => dingtalk({}, LONGEST), incoming({ kind: 'message', text: LONGEST })],
    ['a command of DingTalk that is too long', () => dingtalk({}, `${LONGEST}x`), { do: 'answer' }],
  ])('%s', (_, request, expected) => {
    expect(request()).toMatchObject(expected);
  });
});

it.each([
  [CODE.webhook, 'webhook', true],
  [CODE.alert, 'alert', false],
] as const)('the channel %# of machines has no window of its own', async (channel, name, mayEnd) => {
  const answer = { title: 'x' } as unknown as ChatAnswer;
  expect([channel.about.name, channel.about.mayEnd]).toEqual([name, mayEnd]);
  expect(channel.render(answer)).toBe(answer);
  await expect((channel.deliver as () => Promise<unknown>)()).rejects.toMatchObject({ code: 'internal' });
});
