import { describe, expect, it } from 'vitest';
import type { ChatAnswer } from '../../../../lib/chatops/answer.ts';
import { NOW, type Request } from '../../../support/chat/a-receiver.ts';
import { CODE } from '../../../support/chat/channel-code.ts';
import {
  aCommand,
  aDingTalkMessage,
  aFeishuMessage,
  aFeishuPress,
  aPress,
  aSubmission,
} from '../../../support/chat/messages.ts';
import { CHAT_SECRETS } from '../../../support/chat/secrets.ts';
import * as sign from '../../../support/chat/sign.ts';

const ID = 'r'.repeat(22);
const LONGEST = 'x'.repeat(2_000);
const OTHER = 'https://hooks.slack.com.example/a';
const CHANNEL_LIST = Object.values(CODE);

function receive(name: string, { headers, body }: Request, source: string | null = null): unknown {
  const channel = CHANNEL_LIST.find((one) => one.about.name === name);
  if (channel === undefined) throw new Error(`no channel ${name}`);
  return channel.receive({ headers, body: Buffer.from(body), source }, CHAT_SECRETS, NOW);
}
const slack = (body: string) => receive('slack', sign.signedBySlack(body, NOW));
const feishu = (value: unknown) => receive('feishu', sign.signedByFeishu(value, NOW));
const dingtalk = (over: Readonly<Record<string, unknown>>, text = 'help') =>
  receive('dingtalk', sign.signedByDingTalk(aDingTalkMessage(text, over), NOW));
const machine = (value: unknown) => receive('webhook', sign.signedByWebhook(value, NOW), 'deployer');

const window = (metadata: unknown, callback = 'reason') =>
  aSubmission({ callback_id: callback, private_metadata: JSON.stringify(metadata) }, 'it is mine');
const bore = { request: ID, responseUrl: 'https://hooks.slack.com/a' };
const message = aFeishuMessage('help');
const { sender } = message.event;
const withMessage = (over: object) => ({
  ...message,
  event: { ...message.event, message: { ...message.event.message, ...over } },
});
const withSender = (over: object) => ({ ...message, event: { ...message.event, sender: { ...sender, ...over } } });
const withHead = (over: object) => ({ ...message, header: { ...message.header, ...over } });
const press = aFeishuPress({ click: 'confirm', request: ID });
const withPress = (over: object) => ({ ...press, event: { ...press.event, ...over } });
const field = (name: string) => ['request-invalid', `${name}: is missing or not of its form.`] as const;
const forged = (detail: string) => ['signature-invalid', detail] as const;
const user = (id: unknown, team: unknown = 'T0001') => aPress('confirm', ID, { user: { id, team_id: team } });
const button = (actions: readonly unknown[]) => aPress('confirm', ID, { actions });

describe('what a platform signed is refused by the field that does not hold', () => {
  it.each<[string, () => unknown, readonly [string, string]]>([
    ['a Slack user with a mark before', () => slack(aCommand('help', { user_id: '-U0ADA' })), field('user_id')],
    ['a Slack user with a mark after', () => slack(aCommand('help', { user_id: 'U0ADA-' })), field('user_id')],
    ['a Slack presser without an ID', () => slack(user(undefined)), field('user.id')],
    ['a Slack presser of no team', () => slack(user('U0ADA', 7)), field('user.team_id')],
    [
      'a Slack presser of an odd enterprise',
      () => slack(aPress('confirm', ID, { enterprise: {} })),
      field('enterprise.id'),
    ],
    [
      'a Slack window of an odd enterprise',
      () =>
        slack(aSubmission({ callback_id: 'reason', private_metadata: JSON.stringify(bore) }, 'x', { enterprise: {} })),
      field('enterprise.id'),
    ],
    [
      'a Slack window of nobody',
      () => slack(aSubmission({ callback_id: 'reason', private_metadata: JSON.stringify(bore) }, 'x', { user: {} })),
      field('user.id'),
    ],
    ['a Slack button without a value', () => slack(button([{ action_id: 'confirm' }])), field('actions.0.value')],
    ['a Slack press of no button', () => slack(button([])), field('actions')],
    ['a Slack payload that is no object', () => slack('payload=7'), field('body')],
    ['a Slack button of no name', () => slack(aPress('', ID)), ['request-invalid', 'actions: not a button of ours.']],
    [
      'a Slack request with more before',
      () => slack(aPress('confirm', `/${ID}`)),
      ['request-invalid', 'actions: not a button of ours.'],
    ],
    [
      'a Slack request with more after',
      () => slack(aPress('confirm', `${ID}r`)),
      ['request-invalid', 'actions: not a button of ours.'],
    ],
    [
      'a Slack reason for no request',
      () => slack(aPress('reason', 'x')),
      ['request-invalid', 'actions: not a button of ours.'],
    ],
    [
      'a Slack window for no request',
      () => slack(window({ ...bore, request: '../x' })),
      ['request-invalid', 'view: not a window of ours.'],
    ],
    [
      'another app of Slack',
      () => slack(aCommand('help', { api_app_id: 'A0OTHER' })),
      forged('The app is not the one configured.'),
    ],
    [
      'another workspace',
      () => slack(aCommand('help', { team_id: 'T0002' })),
      forged('The workspace is not one of those configured.'),
    ],
    [
      'an address that is not of Slack',
      () => slack(aCommand('help', { response_url: OTHER })),
      forged('response_url is not an address of Slack.'),
    ],
    [
      'a Feishu tenant with a mark before',
      () => feishu(withHead({ tenant_key: '.tenant1' })),
      field('header.tenant_key'),
    ],
    [
      'a Feishu tenant with a mark after',
      () => feishu(withHead({ tenant_key: 'tenant1.' })),
      field('header.tenant_key'),
    ],
    ['a Feishu sender without an ID', () => feishu(withSender({ sender_id: {} })), field('sender.sender_id.open_id')],
    [
      'a Feishu presser without an ID',
      () => feishu(withPress({ operator: { tenant_key: 'tenant1' } })),
      field('operator.open_id'),
    ],
    [
      'a Feishu presser of no tenant',
      () => feishu(withPress({ operator: { open_id: 'ou_ada' } })),
      field('operator.tenant_key'),
    ],
    ['a Feishu press in no chat', () => feishu(withPress({ context: {} })), field('context.open_chat_id')],
    [
      'a Feishu request with more before',
      () => feishu(aFeishuPress({ click: 'confirm', request: `/${ID}` })),
      field('action.value.request'),
    ],
    [
      'a Feishu request with more after',
      () => feishu(aFeishuPress({ click: 'confirm', request: `${ID}r` })),
      field('action.value.request'),
    ],
    [
      'a Feishu request of other marks',
      () => feishu(aFeishuPress({ click: 'confirm', request: '.'.repeat(22) })),
      field('action.value.request'),
    ],
    [
      'a Feishu request of one mark',
      () => feishu(aFeishuPress({ click: 'confirm', request: 'r' })),
      field('action.value.request'),
    ],
    ['a wrong token of Feishu', () => feishu(withHead({ token: 'x' })), forged('The verification token is not ours.')],
    [
      'a wrong token in the question of Feishu',
      () => feishu({ type: 'url_verification', token: 'x', challenge: 'c' }),
      forged('The verification token is not ours.'),
    ],
    [
      'another app of Feishu',
      () => feishu(withHead({ app_id: 'cli_2' })),
      forged('The app is not the one configured.'),
    ],
    [
      'another tenant of Feishu',
      () => feishu(withHead({ tenant_key: 'tenant2' })),
      forged('The tenant is not one of those configured.'),
    ],
    [
      'a sender of another tenant',
      () => feishu(withSender({ tenant_key: 'tenant2' })),
      forged('The tenant is not one of those configured.'),
    ],
    [
      'what Feishu did not encrypt',
      () => receive('feishu', { headers: {}, body: '{}' }),
      forged('The body is not encrypted.'),
    ],
    [
      'what is no JSON and not signed',
      () => receive('feishu', { headers: {}, body: '{' }),
      forged('The body is not encrypted.'),
    ],
    [
      'an event of Feishu without a signature',
      () => receive('feishu', { headers: {}, body: sign.encryptedByFeishu(message) }),
      forged('X-Lark-Signature is missing.'),
    ],
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

describe('what a platform signed is read', () => {
  const incoming = (fields: object) => ({ do: 'work', incoming: fields });
  it.each<[string, () => unknown, object]>([
    ['the longest command of Slack', () => slack(aCommand(LONGEST)), incoming({ kind: 'message', text: LONGEST })],
    ['the longest command of DingTalk', () => dingtalk({}, LONGEST), incoming({ kind: 'message', text: LONGEST })],
    ['a command of Slack that is too long', () => slack(aCommand(`${LONGEST}x`)), { do: 'answer' }],
    ['a command of DingTalk that is too long', () => dingtalk({}, `${LONGEST}x`), { do: 'answer' }],
    [
      'the button of Slack that asks for a reason',
      () => slack(aPress('reason', ID)),
      incoming({
        kind: 'reason',
        request: ID,
        trigger: '1.2.a',
        to: { channel: 'slack', responseUrl: 'https://hooks.slack.com/actions/T0001/1/a' },
      }),
    ],
    [
      'a window of Slack',
      () => slack(window(bore)),
      incoming({ kind: 'click', click: 'confirm', request: ID, reason: 'it is mine' }),
    ],
    [
      'a mention of Feishu',
      () => feishu(aFeishuMessage('@_user_12 kill@_user_1local 7 ')),
      incoming({ kind: 'message', text: 'kill local 7' }),
    ],
    [
      'a message of Feishu that is cut',
      () => feishu(aFeishuMessage(`${LONGEST}xxx`)),
      incoming({ kind: 'message', text: `${LONGEST}x` }),
    ],
  ])('%s', (_, request, expected) => {
    expect(request()).toMatchObject(expected);
  });

  it.each<[string, unknown]>([
    ['an event of another kind', withHead({ event_type: 'im.chat.updated_v1' })],
    ['a message of a bot', withSender({ sender_type: 'app' })],
    ['a picture', withMessage({ message_type: 'image' })],
  ])('and %s at Feishu is answered with nothing', (_, value) => {
    expect(feishu(value)).toEqual({ do: 'answer', body: {} });
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
