import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAT_ROUTES } from '../../functions/routes.ts';
import { anAnswer } from '../../lib/chatops/answer.ts';
import { CHANNEL_NAMES, type ReplyTo } from '../../lib/chatops/channel.ts';
import { CHANNELS, channelFor } from '../../lib/chatops/channels.ts';
import type { Post } from '../../lib/chatops/poster.ts';
import { parseChatSecrets } from '../../lib/chatops/secrets.ts';
import { AppError } from '../../lib/errors.ts';
import { good, NOW, SOURCES } from '../support/chat/a-receiver.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';

const HOSTS = ['hooks.slack.com', 'open.feishu.cn', 'oapi.dingtalk.com'];
const ANSWER = anAnswer('Title', {
  lines: ['<!channel> line'],
  rows: [{ head: 'row', code: 'SELECT ?', button: null }],
  buttons: [{ label: 'End', click: 'confirm', request: 'r'.repeat(22), danger: true, confirm: 'End it?' }],
});
/** Where each channel's answers go; the others answer at places of these. */
const REPLIES: Readonly<Record<string, readonly ReplyTo[]>> = {
  slack: [
    { channel: 'slack', responseUrl: 'https://hooks.slack.com/commands/T0001/1/a' },
    { channel: 'place', place: 'slack:ops' },
  ],
  feishu: [
    { channel: 'feishu', chat: 'oc_1', cardToken: null },
    { channel: 'feishu', chat: 'oc_1', cardToken: 'c-1' },
    { channel: 'place', place: 'feishu:ops' },
  ],
  dingtalk: [
    { channel: 'dingtalk', sessionWebhook: 'https://oapi.dingtalk.com/robot/sendBySession?session=1' },
    { channel: 'place', place: 'dingtalk:ops' },
  ],
};

const raw = (name: (typeof CHANNEL_NAMES)[number]) => {
  const { headers, body } = good[name]();
  return { headers, body: Buffer.from(body), source: SOURCES[name] ?? null };
};
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return 'taken';
  } catch (error) {
    return error instanceof AppError ? error.code : error;
  }
};

describe.each(CHANNEL_NAMES)('the channel %s', (name) => {
  const channel = CHANNELS[name];

  it('stands where all look for it: its folder, its function, its route', () => {
    expect(channel.name).toBe(name);
    expect(CHAT_ROUTES.filter((route) => route.name === name && route.path.startsWith(`/chat/${name}`))).toHaveLength(
      1,
    );
    expect(existsSync(new URL(`../../lib/chatops/${name}/${name}.ts`, import.meta.url))).toBe(true);
    expect(existsSync(new URL(`../../functions/${name}.ts`, import.meta.url))).toBe(true);
  });

  it('takes what is genuine as work that happens once, by the clock that is given alone', () => {
    const received = channel.receive(raw(name), CHAT_SECRETS, NOW);
    expect(received).toEqual(channel.receive(raw(name), CHAT_SECRETS, NOW));
    expect(received).toMatchObject({ do: 'work', once: { key: expect.stringContaining(`${name}/`) } });
    expect(received.do === 'work' && received.once.seconds).toBeGreaterThanOrEqual(300);
    expect(JSON.parse(JSON.stringify(received))).toEqual(received);
  });

  it('is refused while it is not configured', () => {
    expect(codeOf(() => channel.receive(raw(name), parseChatSecrets('{}'), NOW))).toBe('signature-invalid');
  });

  it('refuses whatever nobody signed, and fails at nothing', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const headers = fc.dictionary(fc.constantFrom(...Object.keys(good[name]().headers)), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(bytes, headers, fc.constantFrom(null, 'prod', '__proto__', 'deployer'), (body, some, source) => {
        const request = { headers: some, body: Buffer.from(body), source };
        expect(['signature-invalid', 'request-invalid']).toContain(
          codeOf(() => channel.receive(request, CHAT_SECRETS, NOW)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('shows plain text only', () => {
    expect(JSON.stringify(channel.render(ANSWER))).not.toMatch(/"lark_md"|"markdown"|"mrkdwn","text"/);
  });
});

describe.each(Object.entries(REPLIES))('answers in %s', (name, replies) => {
  it.each(replies)('go to %j, at its own host and by TLS', async (to) => {
    const posts: Post[] = [];
    const poster = {
      post: async (post: Post) => {
        posts.push(post);
        return '{"tenant_access_token":"t"}';
      },
    };
    expect(channelFor(to).name).toBe(name);
    await channelFor(to).deliver(poster, CHAT_SECRETS, to, { ...ANSWER, replaces: true });
    expect(posts.length).toBeGreaterThan(0);
    for (const { url, hosts } of posts) {
      expect(HOSTS).toContain(new URL(url).host);
      expect(hosts).toEqual([new URL(url).host]);
      expect(url).toMatch(/^https:/);
    }
  });

  it('go to no place that the secret does not have', async () => {
    const to: ReplyTo = { channel: 'place', place: `${name}:toString` };
    const posted: string[] = [];
    const post = async ({ url }: Post) => {
      posted.push(url);
      return '{"tenant_access_token":"t"}';
    };
    await expect(channelFor(to).deliver({ post }, CHAT_SECRETS, to, ANSWER)).rejects.toMatchObject({
      code: 'chat-failed',
    });
    expect(posted.filter((url) => !url.includes('tenant_access_token'))).toEqual([]);
  });
});
