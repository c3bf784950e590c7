import { describe, expect, it } from 'vitest';
import { parseChatSecrets } from '../../../../../lib/chatops/channels/load-channel.ts';
import { AppError } from '../../../../../lib/errors.ts';
import {
  event,
  FUNCTIONS,
  good,
  handedOver,
  NAMES,
  NOW,
  receiver,
  SOURCES,
  send,
} from '../../../../support/chat/a-receiver.ts';
import { aCommand, aFeishuPress, aPress } from '../../../../support/chat/messages.ts';
import * as sign from '../../../../support/chat/sign.ts';

describe.each(NAMES)('the function %s', (name) => {
  const source = SOURCES[name];

  it('refuses everything while it is not configured', async () => {
    expect((await send(name, good[name](), source, parseChatSecrets('{}'))).statusCode).toBe(401);
    expect(handedOver).toEqual([]);
  });
});

it.each(NAMES)('%s loses nothing where the hand-over fails: what comes again is new', async (name) => {
  const services = await receiver()();
  const failing = async () => ({ ...services, handOver: () => Promise.reject(new AppError('state-unavailable')) });
  const request = event(good[name](), SOURCES[name]);
  expect((await FUNCTIONS[name].createHandler(failing)(request)).statusCode).toBe(503);
  expect((await send(name, good[name](), SOURCES[name])).statusCode).toBe(200);
  expect(handedOver).toHaveLength(1);
});

it("answers Feishu's question whether we are there", async () => {
  const body = sign.encryptedByFeishu({ type: 'url_verification', token: 'feishu-token', challenge: 'c1' });
  expect((await send('feishu', { headers: {}, body })).body).toBe('{"challenge":"c1"}');
});

it.each([
  ['slack', 'a payload that ends early', () => sign.signedBySlack('payload=%7B', NOW)],
  ['slack', 'a press of an unknown button', () => sign.signedBySlack(aPress('evil:0', 'a'.repeat(22)), NOW)],
  ['slack', 'a press whose value is JSON', () => sign.signedBySlack(aPress('confirm:0', '{"id":"42"}'), NOW)],
  ['slack', 'a body that is no form', () => sign.signedBySlack('%ff', NOW)],
  [
    'feishu',
    'a request that is a path',
    () => sign.signedByFeishu(aFeishuPress({ click: 'confirm', request: '../../x' }), NOW),
  ],
  ['dingtalk', 'nothing at all', () => sign.signedByDingTalk({}, NOW)],
] as const)('answers what %s signed and makes no sense with 400: %s', async (name, _what, request) => {
  expect((await send(name, request())).statusCode).toBe(400);
  expect(handedOver).toEqual([]);
});

it('lets IDs say who it is, and never the name', async () => {
  await send('slack', sign.signedBySlack(aCommand('help', { user_name: 'ada', user_id: 'U0EVIL' }), NOW));
  expect(handedOver).toMatchObject([{ incoming: { from: { user: 'U0EVIL', tenant: 'T0001', enterprise: null } } }]);
});
