import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anAnswer, type ChatAnswer } from '../../../../lib/chatops/messages/answer.ts';
import { isPinned } from '../../../../lib/chatops/worker/poster.ts';
import { CODE } from '../../../support/chat/channel-code.ts';
import { slackFaults } from '../../../support/chat/slack-limits.ts';

const EVIL = '<!channel> <https://evil|x> *bold* `code` @all\n\u202Eforged line\u0000 & more';
const button = { label: EVIL, click: 'ask', request: 'r'.repeat(22), danger: true, confirm: EVIL } as const;
const full = (text: string): ChatAnswer =>
  anAnswer(text, {
    lines: Array.from({ length: 5 }, () => text),
    picture: Array.from({ length: 20 }, () => `└─ ${text}`),
    rows: Array.from({ length: 40 }, () => ({ head: text, code: text, button })),
    buttons: [button, { ...button, click: 'deny' }],
  });

describe('whatever a user, a schema or a statement is called', () => {
  it('Slack gets plain text within its limits, without markup, line ends or reversed text', () => {
    const message = CODE.slack.render(full(EVIL));
    const text = JSON.stringify(message);
    expect(text.replaceAll('\\n└─', '')).not.toMatch(/<!|<http|mrkdwn"[^:]|\\n|\u202E|\\u0000/);
    expect(text).not.toContain('"type":"mrkdwn"');
    expect(slackFaults(message)).toEqual([]);
  });

  it('Feishu and DingTalk get plain text too', () => {
    const feishu = JSON.stringify(CODE.feishu.render(full(EVIL)));
    expect(feishu).not.toMatch(/lark_md|\u202E/);
    // The one block of markdown is a picture, and nothing in it ends it.
    expect(feishu.match(/"markdown","content":"[^"]*"/g)).toEqual([
      expect.stringMatching(/^"markdown","content":"```\\n[^`<>&]+```"$/),
    ]);
    const dingtalk = CODE.dingtalk.render(full(EVIL)) as { msgtype: string; text: { content: string } };
    expect(dingtalk.msgtype).toBe('text');
    expect(dingtalk.text.content).not.toContain('\u202E');
    expect(dingtalk.text.content.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(JSON.stringify(dingtalk)).not.toContain('rrrrrr');
  });

  it('every message stays within its platform, whatever its text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (text) => {
        expect(slackFaults(CODE.slack.render(full(text)))).toEqual([]);
        expect(Buffer.byteLength(JSON.stringify(CODE.feishu.render(full(text))))).toBeLessThan(30 * 1024);
        expect(Buffer.byteLength(JSON.stringify(CODE.dingtalk.render(full(text))))).toBeLessThan(20_000);
      }),
      { numRuns: 50 },
    );
  });
});

it.each([
  ['https://hooks.slack.com/commands/a', true],
  ['https://hooks.slack.com:443/a', false],
  ['https://HOOKS.slack.com/a', false],
  ['https://hooks.slack.com/a#b', false],
  ['https://hooks.slack.com.evil.example/', false],
  ['https://hooks.slack.com\t/', false],
  ['//hooks.slack.com/a', false],
])('%s is an address of Slack: %s', (url, is) => expect(isPinned(url, ['hooks.slack.com'])).toBe(is));
