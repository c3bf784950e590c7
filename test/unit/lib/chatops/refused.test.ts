import { describe, expect, it } from 'vitest';
import { parseChatSecrets } from '../../../../lib/chatops/channels/load-channel.ts';
import { configured } from '../../../../lib/chatops/receiver/signed-request.ts';
import { AppError } from '../../../../lib/errors.ts';
import { good, SOURCES, withHeader, without } from '../../../support/chat/a-receiver.ts';
import { receive } from '../../../support/chat/received.ts';

const refusal = (detail: string, code = 'signature-invalid') => expect.objectContaining({ code, detail });

describe('a refusal says which part does not hold', () => {
  it.each([
    ['slack', 'x-slack-signature', 'X-Slack-Signature does not hold.'],
    ['slack', 'x-slack-request-timestamp', 'X-Slack-Request-Timestamp is not of now.'],
    ['feishu', 'x-lark-request-timestamp', 'X-Lark-Request-Timestamp is not of now.'],
    ['dingtalk', 'timestamp', 'timestamp is not of now.'],
    ['dingtalk', 'sign', 'sign does not hold.'],
    ['webhook', 'webhook-id', 'webhook-id is missing or not of its form.'],
    ['webhook', 'webhook-timestamp', 'webhook-timestamp is not of now.'],
    ['webhook', 'webhook-signature', 'webhook-signature does not hold.'],
    ['alert', 'authorization', 'The sender is not known, or its proof does not hold.'],
  ] as const)('%s without %s', (name, header, detail) => {
    const source = SOURCES[name] ?? null;
    expect(() => receive(name, without(good[name](), header), source)).toThrow(refusal(detail));
    expect(() => receive(name, withHeader(good[name](), header, 'x y'), source)).toThrow(refusal(detail));
  });

  it('and of an unknown sender the same as of a known one with a wrong proof', () => {
    const said = (run: () => unknown): unknown => {
      try {
        return run();
      } catch (error) {
        return error instanceof AppError ? [error.code, error.detail] : error;
      }
    };
    for (const [name, header] of [
      ['webhook', 'webhook-signature'],
      ['webhook', 'webhook-id'],
      ['webhook', 'webhook-timestamp'],
      ['alert', 'authorization'],
    ] as const) {
      const wrong = withHeader(good[name](), header, 'x y');
      expect(said(() => receive(name, wrong, 'stranger'))).toEqual(
        said(() => receive(name, wrong, SOURCES[name] ?? null)),
      );
    }
    expect(said(() => receive('webhook', good.webhook(), 'stranger'))).toEqual([
      'signature-invalid',
      'webhook-signature does not hold.',
    ]);
  });

  it('and nothing that is not configured is taken', () => {
    const none = parseChatSecrets('{}');
    for (const name of ['slack', 'feishu', 'dingtalk', 'webhook', 'alert'] as const)
      expect(() => receive(name, good[name](), SOURCES[name] ?? null, none)).toThrow(
        expect.objectContaining({
          code: 'signature-invalid',
          detail: expect.stringMatching(/^.+ is not configured\.$/),
        }),
      );
    for (const name of ['webhook', 'alert'] as const)
      for (const source of ['__proto__', 'toString', '', null])
        expect(() => receive(name, good[name](), source)).toThrow(
          expect.objectContaining({ code: 'signature-invalid' }),
        );
    expect(() => configured(undefined, 'It')).toThrow(refusal('It is not configured.'));
    expect(configured(0, 'It')).toBe(0);
  });
});
