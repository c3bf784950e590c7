import { describe, expect, it } from 'vitest';
import type { ReplyTo } from '../../lib/chatops/channels/channel.ts';
import { CHANNEL_NAMES, CHANNELS, type ChannelName, hasPlaces } from '../../lib/chatops/channels/channel-names.ts';
import { channelFor } from '../../lib/chatops/channels/load-channel.ts';
import type { Post } from '../../lib/chatops/worker/poster.ts';
import { NOW } from '../support/chat/a-receiver.ts';
import { CODE } from '../support/chat/channel-code.ts';
import { FULL_ANSWER } from '../support/chat/full-answer.ts';
import { genuine } from '../support/chat/genuine.ts';

interface Reply {
  readonly what: string;
  readonly to: ReplyTo;
}

/** Where the answer to a genuine request goes, and a place. */
function repliesOf(name: ChannelName): readonly Reply[] {
  const { request, secrets, played } = genuine(name, NOW);
  const button = { label: '', action: 'confirm', value: { click: 'confirm', request: 'r'.repeat(22) } };
  const press = { ...button, ...(name === 'slack' && { value: 'r'.repeat(22) }) };
  const pressed = played.play.press?.(press, { secrets, as: played.as('operator'), now: NOW });
  const requests = {
    command: request,
    ...(pressed && { button: { ...pressed, body: Buffer.from(pressed.body), source: null } }),
  };
  const answered = Object.entries(requests).flatMap(([what, one]): readonly Reply[] => {
    const received = CODE[name].receive(one, secrets, NOW);
    return received.do === 'work' && received.incoming.kind !== 'alert'
      ? [{ what: `a ${what}`, to: received.incoming.to }]
      : [];
  });
  return [...answered, { what: 'a place', to: { channel: 'place', place: `${name}:ops` } }];
}

describe.each(CHANNEL_NAMES.filter(hasPlaces))('answers in %s', (name) => {
  const { secrets, played } = genuine(name, NOW);

  it.each(repliesOf(name))('for $what go to its own host and by TLS', async ({ to }) => {
    const posts: Post[] = [];
    const poster = {
      post: async (post: Post) => {
        posts.push(post);
        return '{"tenant_access_token":"t"}';
      },
    };
    const channel = await channelFor(to);
    expect(channel.about.name).toBe(name);
    await channel.deliver(poster, secrets, to, { ...FULL_ANSWER, replaces: true });
    expect(posts.length).toBeGreaterThan(0);
    for (const { url, hosts } of posts) {
      expect(played.play.screen?.hosts).toContain(new URL(url).host);
      expect(hosts).toEqual([new URL(url).host]);
      expect(url).toMatch(/^https:/);
    }
  });

  it('are shown on one machine as they were posted', async () => {
    const shown: unknown[] = [];
    const post = async ({ url, body }: Post) => {
      shown.push(played.play.screen?.shown(new URL(url), body));
      return '{"tenant_access_token":"t"}';
    };
    await CODE[name].deliver({ post }, secrets, { channel: 'place', place: `${name}:ops` }, FULL_ANSWER);
    const [message, ...more] = shown.filter((one) => one !== undefined);
    expect(more).toEqual([]);
    expect(message).toMatchObject({ isAtPlace: true });
    expect(JSON.stringify(message)).toMatch(/Title.*line.*row.*SELECT \?/);
    expect(JSON.stringify(message).includes('End')).toBe(CHANNELS[name].mayEnd);
  });

  it('go to no place that the secret does not have', async () => {
    const to: ReplyTo = { channel: 'place', place: `${name}:toString` };
    const posted: string[] = [];
    const post = async ({ url }: Post) => {
      posted.push(url);
      return '{"tenant_access_token":"t"}';
    };
    await expect(CODE[name].deliver({ post }, secrets, to, FULL_ANSWER)).rejects.toMatchObject({ code: 'chat-failed' });
    expect(posted.filter((url) => !url.includes('tenant_access_token'))).toEqual([]);
  });
});
