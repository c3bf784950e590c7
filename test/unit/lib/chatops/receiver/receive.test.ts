import { beforeEach, describe, expect, it } from 'vitest';
import type { Once } from '../../../../../lib/chatops/channels/channel.ts';
import { parseChatSecrets } from '../../../../../lib/chatops/channels/load-channel.ts';
import { doOnce } from '../../../../../lib/chatops/receiver/receive.ts';
import { AppError } from '../../../../../lib/errors.ts';
import { memoryReplayStore, type ReplayStore } from '../../../../../lib/state/replay-store.ts';
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
import { emitting } from '../../../../support/emitted.ts';

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

const once = (again: Once['again']): Once => ({ key: 'key', seconds: 900, again });
const body = Buffer.from('a');
const other = Buffer.from('b');
let replays: ReplayStore;
let done: number;
const work = async () => {
  done++;
};
beforeEach(() => {
  replays = memoryReplayStore();
  done = 0;
});

it('does the same body of a compared key once, and refuses another', async () => {
  await doOnce(replays, once('compare'), body, work);
  await doOnce(replays, once('compare'), body, work);
  await expect(doOnce(replays, once('compare'), other, work)).rejects.toMatchObject({ code: 'idempotency-key-reused' });
  expect(done).toBe(1);
});

it('refuses a compared key while its first request is in flight', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = doOnce(replays, once('compare'), body, () => promise);
  await expect(doOnce(replays, once('compare'), body, work)).rejects.toMatchObject({ code: 'idempotency-in-flight' });
  await expect(doOnce(replays, once('compare'), other, work)).rejects.toMatchObject({ code: 'idempotency-key-reused' });
  resolve();
  await first;
  await doOnce(replays, once('compare'), body, work);
  expect(done).toBe(0);
});

it.each(['refuse', 'acknowledge', 'compare'] as const)('frees a key (%s) whose work failed', async (again) => {
  const fault = new Error('no');
  await expect(doOnce(replays, once(again), body, () => Promise.reject(fault))).rejects.toBe(fault);
  await doOnce(replays, once(again), other, work);
  expect(done).toBe(1);
});

describe('where the work is done and cannot be confirmed', () => {
  const { logged } = emitting();
  const deaf = (error: Error) => ({ ...replays, confirm: () => Promise.reject(error) });

  it('neither fails nor frees the key', async () => {
    const store = deaf(new Error('no'));
    await doOnce(store, once('compare'), body, work);
    await expect(doOnce(store, once('compare'), body, work)).rejects.toMatchObject({ code: 'idempotency-in-flight' });
    expect(done).toBe(1);
  });

  it('logs which key may do its work twice, and after how long', async () => {
    await doOnce(deaf(new AppError('state-unavailable')), once('compare'), body, work);
    expect(logged()).toMatchObject([
      {
        level: 'WARN',
        message: 'hand-over not confirmed',
        code: 'state-unavailable',
        key: 'key',
        mayComeTwiceAfterSeconds: 30,
      },
    ]);
  });

  it('logs nothing of what a store of others wrote into its error', async () => {
    await doOnce(deaf(new Error('secret of the store')), once('compare'), body, work);
    expect(logged()).toMatchObject([{ message: 'hand-over not confirmed', code: 'internal' }]);
    expect(JSON.stringify(logged())).not.toContain('secret of the store');
  });
});

it('acknowledges what a platform repeats, whatever its body, and refuses a replay', async () => {
  await doOnce(replays, once('acknowledge'), body, work);
  await doOnce(replays, once('acknowledge'), other, work);
  await expect(doOnce(replays, once('refuse'), body, work)).rejects.toMatchObject({ code: 'signature-invalid' });
  expect(done).toBe(1);
});

it('answers 422 to a webhook-id that comes with another body, and 200 to one signed again', async () => {
  const signed = (command: string, at = NOW) => sign.signedByWebhook({ command, post: 'slack:ops' }, at);
  expect((await send('webhook', signed('sessions local'), SOURCES.webhook)).statusCode).toBe(200);
  const later = new Date(NOW.getTime() + 60_000);
  expect((await send('webhook', signed('sessions local', later), SOURCES.webhook)).statusCode).toBe(200);
  const refused = await send('webhook', signed('blockers local'), SOURCES.webhook);
  expect([refused.statusCode, JSON.parse(refused.body)]).toMatchObject([422, { code: 'idempotency-key-reused' }]);
  expect(handedOver).toHaveLength(1);
});
