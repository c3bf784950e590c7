import { describe, expect, it } from 'vitest';
import { NOW } from '../../../support/chat/a-receiver.ts';
import { aFeishuMessage, aFeishuPress } from '../../../support/chat/messages.ts';
import { field, forged, incoming, type Refused, receive } from '../../../support/chat/received.ts';
import { CHAT_SECRETS } from '../../../support/chat/secrets.ts';
import * as sign from '../../../support/chat/sign.ts';

const ID = 'r'.repeat(22);
const LONGEST = 'x'.repeat(2_000);
const feishu = (value: unknown) => receive('feishu', sign.signedByFeishu(value, NOW));
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

describe('what Feishu signed is refused by the field that does not hold', () => {
  it.each<Refused>([
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
      forged('X-Lark-Signature is missing.'),
    ],
    [
      'what is no JSON and not signed',
      () => receive('feishu', { headers: {}, body: '{' }),
      forged('X-Lark-Signature is missing.'),
    ],
    [
      'an event of Feishu without a signature',
      () => receive('feishu', { headers: {}, body: sign.encryptedByFeishu(message) }),
      forged('X-Lark-Signature is missing.'),
    ],
  ])('%s', (_, request, [code, detail]) => {
    expect(request).toThrow(expect.objectContaining({ code, detail }));
  });
});

describe('what Feishu signed is read', () => {
  it.each<[string, () => unknown, object]>([
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

describe('what no one signed for Feishu', () => {
  const signatureInvalid = (body: string) => () => receive('feishu', { headers: {}, body });
  const sealed = (bytes: Buffer) => JSON.stringify({ encrypt: bytes.toString('base64') });
  const question = { type: 'url_verification', token: CHAT_SECRETS.feishu?.verificationToken, challenge: 'c' };

  it('is answered where it is the question whether we are there', () => {
    expect(signatureInvalid(sign.encryptedByFeishu(question))()).toEqual({ do: 'answer', body: { challenge: 'c' } });
  });

  it('gets one answer otherwise, whatever is wrong with it: no padding, no JSON, no token of ours', () => {
    const right: { encrypt: string } = JSON.parse(sign.encryptedByFeishu(message));
    const bytes = Buffer.from(right.encrypt, 'base64');
    const flipped = (at: number, by: number): Buffer => {
      const other = Buffer.from(bytes);
      other[at] = (other[at] ?? 0) ^ by;
      return other;
    };
    const last = bytes.length - 17;
    const bodies = [
      '',
      '{',
      '{}',
      sign.encryptedByFeishu(message),
      sign.encryptedByFeishu({ ...question, token: 'x' }),
      sign.encryptedByFeishu(question, 'another key'),
      // A padding oracle asks for these: the byte before the last block decides whether its padding holds.
      ...Array.from({ length: 256 }, (_, by) => sealed(flipped(last, by))),
      ...Array.from({ length: bytes.length }, (_, at) => sealed(flipped(at, 1))),
      ...Array.from({ length: bytes.length }, (_, length) => sealed(bytes.subarray(0, length))),
    ];
    for (const body of bodies)
      expect(signatureInvalid(body)).toThrow(
        expect.objectContaining({ code: 'signature-invalid', detail: 'X-Lark-Signature is missing.' }),
      );
  });
});
