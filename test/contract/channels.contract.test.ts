import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAT_ROUTES } from '../../functions/routes.ts';
import { FUNCTIONS } from '../../infra/function-table.ts';
import { parseChatSecrets } from '../../lib/chatops/all-secrets.ts';
import { anAnswer } from '../../lib/chatops/answer.ts';
import type { ReplyTo } from '../../lib/chatops/channel.ts';
import {
  CHANNEL_NAMES,
  CHANNELS,
  type ChannelName,
  forPersonChannels,
  hasPlaces,
} from '../../lib/chatops/channel-names.ts';
import { channelFor } from '../../lib/chatops/load-channel.ts';
import type { Post } from '../../lib/chatops/poster.ts';
import { AppError } from '../../lib/errors.ts';
import { NOW } from '../support/chat/a-receiver.ts';
import { CODE } from '../support/chat/channel-code.ts';
import { genuine } from '../support/chat/genuine.ts';

const ANSWER = anAnswer('Title', {
  lines: ['<!channel> line'],
  rows: [{ head: 'row', code: 'SELECT ?', button: null }],
  buttons: [{ label: 'End', click: 'confirm', request: 'r'.repeat(22), danger: true, confirm: 'End it?' }],
});

const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return 'taken';
  } catch (error) {
    return error instanceof AppError ? error.code : error;
  }
};

describe.each(CHANNEL_NAMES)('the channel %s', (name) => {
  const channel = CODE[name];
  const { path, secrets, request } = genuine(name, NOW);

  it('stands where all look for it: its folder, its function, its route', () => {
    expect(channel.about).toBe(CHANNELS[name]);
    expect(channel.about.name).toBe(name);
    const [route, ...more] = CHAT_ROUTES.filter((one) => one.name === name);
    expect(more).toEqual([]);
    expect(route?.path.replace('{source}', request.source ?? '')).toBe(path);
    expect(FUNCTIONS[name]).toMatchObject({ area: 'chat', inside: false, config: false });
    expect(existsSync(new URL(`../../lib/chatops/${name}/channel.ts`, import.meta.url))).toBe(true);
  });

  it('takes what is genuine as work that happens once, by the clock that is given alone', () => {
    const received = channel.receive(request, secrets, NOW);
    expect(received).toEqual(channel.receive(request, secrets, NOW));
    expect(received).toMatchObject({ do: 'work', once: { key: expect.stringContaining(`${name}/`) } });
    expect(received.do === 'work' && received.once.seconds).toBeGreaterThanOrEqual(300);
    expect(JSON.parse(JSON.stringify(received))).toEqual(received);
  });

  it('is refused while it is not configured', () => {
    expect(codeOf(() => channel.receive(request, parseChatSecrets('{}'), NOW))).toBe('signature-invalid');
  });

  it('refuses what is signed with the secret of somebody else', () => {
    expect(codeOf(() => channel.receive(request, genuine(name, NOW).secrets, NOW))).toBe('signature-invalid');
  });

  it('refuses whatever nobody signed, and fails at nothing', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const headers = fc.dictionary(fc.constantFrom(...Object.keys(request.headers)), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(bytes, headers, fc.constantFrom(null, 'local', '__proto__', 'other'), (body, some, source) => {
        const forged = { headers: some, body: Buffer.from(body), source };
        expect(['signature-invalid', 'request-invalid']).toContain(codeOf(() => channel.receive(forged, secrets, NOW)));
      }),
      { numRuns: 300 },
    );
  });

  it('shows plain text only', () => {
    expect(JSON.stringify(channel.render(ANSWER))).not.toMatch(/"lark_md"|"markdown"|"mrkdwn","text"/);
  });
});

it.each(Object.entries(forPersonChannels((identity) => ({ identity }))))(
  'the channel %s says how rules write those who ask by it',
  (_, { identity: { pattern, played } }) => {
    for (const text of Object.values(played)) expect(text).toMatch(pattern);
    for (const text of ['', '*', 'ada', '/', `${played.operator} `]) expect(text).not.toMatch(pattern);
  },
);

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
    await channel.deliver(poster, secrets, to, { ...ANSWER, replaces: true });
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
    await CODE[name].deliver({ post }, secrets, { channel: 'place', place: `${name}:ops` }, ANSWER);
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
    await expect(CODE[name].deliver({ post }, secrets, to, ANSWER)).rejects.toMatchObject({ code: 'chat-failed' });
    expect(posted.filter((url) => !url.includes('tenant_access_token'))).toEqual([]);
  });
});
