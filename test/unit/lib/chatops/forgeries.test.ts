import { expect, it } from 'vitest';
import {
  event,
  FUNCTIONS,
  good,
  handedOver,
  NOW,
  posted,
  receiver,
  SOURCES,
  send,
} from '../../../support/chat/a-receiver.ts';
import { seen } from '../../../support/chat/a-runner.ts';
import { anAlert } from '../../../support/chat/alert-messages.ts';
import type { Name } from '../../../support/chat/forgeries/forgery.ts';
import { aView } from '../../../support/chat/forgeries/people.ts';
import { FORGERIES } from '../../../support/chat/forgeries.ts';
import { aCommand, aDingTalkMessage, aFeishuMessage, aSubmission } from '../../../support/chat/messages.ts';
import * as sign from '../../../support/chat/sign.ts';

const nothingHappened = () => {
  expect(handedOver).toEqual([]);
  expect(posted).toEqual([]);
  expect([seen.opened, seen.ran]).toEqual([0, []]);
};

const TABLE = FORGERIES.map(([what, name, request, source = SOURCES[name]]) => ({ what, name, request, source }));

it.each(TABLE)('refuses $what at $name, and opens no connection', async ({ name, request, source }) => {
  const answer = await send(name, request(), source);
  expect(answer.statusCode).toBe(401);
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'signature-invalid' });
  nothingHappened();
});

it.each(Object.keys(good) as Name[])('what %s signed does open one: the table counts what it says', async (name) => {
  expect((await send(name, good[name](), SOURCES[name])).statusCode).toBe(200);
  expect(handedOver).toHaveLength(1);
  expect(posted.length).toBeGreaterThan(0);
  expect(seen.opened).toBeGreaterThan(0);
});

it.each(Object.keys(good) as Name[])('a replay at %s does nothing again', async (name) => {
  await send(name, good[name](), SOURCES[name]);
  const before = [handedOver.length, posted.length, seen.opened];
  const { statusCode } = await send(name, good[name](), SOURCES[name]);
  // What a platform itself sends twice is acknowledged, or it would go on.
  expect(statusCode).toBe(name === 'slack' || name === 'dingtalk' ? 401 : 200);
  expect([handedOver.length, posted.length, seen.opened]).toEqual(before);
});

it.each(Object.keys(good) as Name[])('a body at %s that is not what its base64 flag says is refused', async (name) => {
  const broken = { ...event(good[name](), SOURCES[name]), body: '%%%' };
  expect((await FUNCTIONS[name].createHandler(receiver())(broken)).statusCode).toBe(401);
  nothingHappened();
  // Given as text although it was said to be base64: other bytes than were signed.
  const wrong = { ...event(good[name](), SOURCES[name], false), isBase64Encoded: true };
  expect([400, 401]).toContain((await FUNCTIONS[name].createHandler(receiver())(wrong)).statusCode);
  nothingHappened();
});

it.each(Object.keys(good) as Name[])('the same bytes at %s are taken in base64 and as text', async (name) => {
  const text = { ...event(good[name](), SOURCES[name], false) };
  expect((await FUNCTIONS[name].createHandler(receiver())(text)).statusCode).toBe(200);
  expect(handedOver).toHaveLength(1);
});

const LONG = 'x'.repeat(65_536);
it.each([
  ['slack', () => sign.signedBySlack(aCommand(LONG), NOW), 200],
  ['slack, at a modal', () => sign.signedBySlack(aSubmission(aView('https://hooks.slack.com/a'), LONG), NOW), 200],
  ['feishu', () => sign.signedByFeishu(aFeishuMessage(LONG), NOW), 200],
  ['dingtalk', () => sign.signedByDingTalk(aDingTalkMessage(LONG), NOW), 200],
  ['webhook', () => sign.signedByWebhook({ command: LONG, post: 'slack:ops' }, NOW), 400],
] as const)('64 KB of text at %s are refused politely', async (where, request, status) => {
  const name = where.split(',')[0] as Name;
  const answer = await send(name, request(), SOURCES[name]);
  expect(answer.statusCode).toBe(status);
  expect(seen.opened).toBe(0);
  expect(JSON.stringify([answer.body, posted])).not.toContain('x'.repeat(2_001));
  if (status === 200) expect(answer.body + JSON.stringify(posted)).toMatch(/too long|expired/);
});

it('64 KB in the title of an alert are cut off', async () => {
  await send('alert', sign.signedByAlerter(anAlert({ commonAnnotations: { summary: LONG } }), 'prod'), 'prod');
  expect(posted).toHaveLength(1);
  expect(JSON.stringify(posted).length).toBeLessThan(5_000);
});
