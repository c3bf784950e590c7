import { describe, expect, it } from 'vitest';
import { readSecrets } from '../../../../lib/chatops/channels/channel.ts';
import { CHANNELS } from '../../../../lib/chatops/channels/channel-names.ts';
import { parseChatSecrets } from '../../../../lib/chatops/channels/load-channel.ts';
import { CHAT_SECRETS, RECEIVER_SECRET } from '../../../support/chat/secrets.ts';

const refused = (detail: string) => expect.objectContaining({ code: 'configuration-invalid', detail });

describe('the chat secret', () => {
  const { slack } = CHAT_SECRETS;

  it('is read by a receiver for its own channel alone, whatever is beside it', () => {
    const json = JSON.stringify({ ...CHAT_SECRETS, feishu: { app: 7 }, irc: {} });
    expect(readSecrets(json, [CHANNELS.slack], 'leave')).toEqual({ slack });
    expect(() => parseChatSecrets(json)).toThrow(refused('CHAT_SECRET: feishu.app is missing or not valid.'));
  });

  it('has no part that no one knows, where all of it is read', () => {
    expect(() => parseChatSecrets(JSON.stringify({ slack, irc: {} }))).toThrow(
      refused('CHAT_SECRET: a field is missing or not valid.'),
    );
  });

  it('may have any part or none: what is not in it is not configured', () => {
    expect(parseChatSecrets('{}')).toEqual({});
    expect(parseChatSecrets(JSON.stringify({ slack }))).toEqual({ slack });
    expect(readSecrets('{"feishu":{}}', [CHANNELS.slack], 'leave')).toEqual({});
  });

  it.each([
    ['https://pager.example/warden?a=1', true],
    ['https://pager.example:8443/', true],
    ['http://127.0.0.1:9000/ended', true],
    ['http://localhost/ended', true],
    ['http://pager.example/ended', false],
    ['http://127.0.0.1.pager.example/', false],
    ['https://user:word@pager.example/', false],
    ['https://pager.example', false],
    ['https://pager.example/#part', false],
    ['file:///etc/passwd', false],
  ])('takes a receiver at %s: %s', (url, isTaken) => {
    const json = JSON.stringify({ webhook: { pager: { url, secret: RECEIVER_SECRET } } });
    if (isTaken) expect(parseChatSecrets(json).webhook).toEqual({ pager: { url, secret: RECEIVER_SECRET } });
    else
      expect(() => parseChatSecrets(json)).toThrow(refused('CHAT_SECRET: webhook.pager.url is missing or not valid.'));
  });

  it('is refused where it is not JSON, or a part of it is not of its form', () => {
    expect(() => readSecrets('{', [CHANNELS.slack], 'leave')).toThrow(refused('CHAT_SECRET: is not JSON.'));
    expect(() => readSecrets('{"slack":{"app":"A1"}}', [CHANNELS.slack], 'leave')).toThrow(
      refused('CHAT_SECRET: slack.signingSecret is missing or not valid.'),
    );
  });
});
