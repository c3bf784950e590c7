import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAT_ROUTES } from '../../functions/routes.ts';
import { FUNCTIONS } from '../../infra/function-table.ts';
import { CHANNEL_NAMES, CHANNELS, forPersonChannels } from '../../lib/chatops/channels/channel-names.ts';
import { parseChatSecrets } from '../../lib/chatops/channels/load-channel.ts';
import { AppError } from '../../lib/errors.ts';
import { NOW } from '../support/chat/a-receiver.ts';
import { CODE } from '../support/chat/channel-code.ts';
import { FULL_ANSWER } from '../support/chat/full-answer.ts';
import { genuine } from '../support/chat/genuine.ts';

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

  it('is where all look for it: its folder, its function, its route', () => {
    expect(channel.about).toBe(CHANNELS[name]);
    expect(channel.about.name).toBe(name);
    const [route, ...more] = CHAT_ROUTES.filter((one) => one.name === name);
    expect(more).toEqual([]);
    expect(route?.path.replace('{source}', request.source ?? '')).toBe(path);
    expect(FUNCTIONS[name]).toMatchObject({ area: 'chat', inside: false, config: false });
    expect(existsSync(new URL(`../../lib/chatops/channels/${name}/channel.ts`, import.meta.url))).toBe(true);
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

  it('refuses what is signed with the secret of someone else', () => {
    expect(codeOf(() => channel.receive(request, genuine(name, NOW).secrets, NOW))).toBe('signature-invalid');
  });

  it('refuses whatever no one signed, and fails at nothing', () => {
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
    expect(JSON.stringify(channel.render(FULL_ANSWER))).not.toMatch(/"lark_md"|"markdown"|"mrkdwn","text"/);
  });
});

it.each(Object.entries(forPersonChannels((identity) => ({ identity }))))(
  'the channel %s says how rules write those who ask by it',
  (_, { identity: { pattern, played } }) => {
    for (const text of Object.values(played)) expect(text).toMatch(pattern);
    for (const text of ['', '*', 'ada', '/', `${played.operator} `]) expect(text).not.toMatch(pattern);
  },
);
