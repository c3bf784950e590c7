import { describe, expect, it } from 'vitest';
import { verifyDingTalk } from '../../../../lib/chatops/channels/dingtalk/channel.ts';
import { decryptFeishu, verifyFeishu } from '../../../../lib/chatops/channels/feishu/receive.ts';
import { verifySlack } from '../../../../lib/chatops/channels/slack/receive.ts';
import { verifyWebhook } from '../../../../lib/chatops/channels/webhook/channel.ts';
import { CHAT_SECRETS } from '../../../support/chat/secrets.ts';
import { signedByDingTalk, signedByFeishu, signedBySlack, signedByWebhook } from '../../../support/chat/sign.ts';

const NOW = new Date('2026-11-24T03:00:00Z');
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const raw = ({ headers, body }: { headers: Readonly<Record<string, string>>; body: string }) => ({
  headers,
  body: Buffer.from(body),
  source: null,
});
const refused = expect.objectContaining({ code: 'signature-invalid', status: 401 });
const errorOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe('published vectors', () => {
  it("takes the example of Slack's documentation", () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const headers = {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    };
    const once = verifySlack(raw({ headers, body }), '8f742231b10e8888abcd99yyyzzz85a5', new Date(1_531_420_618_000));
    expect(once.again).toBe('refuse');
  });

  it("decrypts the example of Feishu's documentation", () => {
    expect(decryptFeishu('P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=', 'test key')).toBe('hello world');
  });

  it('takes the example of the Standard Webhooks libraries', () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,other v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const request = raw({ headers, body: '{"test": 2432232314}' });
    const once = verifyWebhook(request, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', new Date(1_614_265_330_000));
    expect(once.key).toBe('webhook/msg_p5jXN8AQM9LWM0D4loKWxJek');
  });
});

type Sign = (now: Date) => ReturnType<typeof signedBySlack>;
const { slack, feishu, dingtalk } = CHAT_SECRETS;
const SIGNERS: readonly [string, number, Sign, (request: ReturnType<typeof raw>, now: Date) => unknown][] = [
  ['slack', 300, (now) => signedBySlack('a=1', now), (it, now) => verifySlack(it, slack?.signingSecret ?? '', now)],
  ['feishu', 300, (now) => signedByFeishu({}, now), (it, now) => verifyFeishu(it, feishu?.encryptKey ?? '', now)],
  [
    'dingtalk',
    3600,
    (now) => signedByDingTalk({}, now),
    (it, now) => verifyDingTalk(it, dingtalk?.appSecret ?? '', now),
  ],
  [
    'webhook',
    300,
    (now) => signedByWebhook({}, now),
    (it, now) => verifyWebhook(it, CHAT_SECRETS.webhook?.['deployer'] ?? '', now),
  ],
];

describe.each(SIGNERS)('the signature of %s', (_name, window, sign, verify) => {
  it('holds to both ends of its window, and not a second further', () => {
    for (const late of [-window, 0, window])
      expect(errorOf(() => verify(raw(sign(NOW)), at(late)))).not.toEqual(refused);
    for (const late of [-window - 1, window + 1])
      expect(errorOf(() => verify(raw(sign(NOW)), at(late)))).toEqual(refused);
  });

  it('does not hold with one header changed, cut off, doubled or missing', () => {
    const request = sign(NOW);
    for (const [name, value] of Object.entries(request.headers)) {
      if (name === 'content-type') continue;
      const bent = [
        `${value.slice(0, -1)}${value.endsWith('1') ? '2' : '1'}`,
        value.slice(0, -1),
        `${value},${value}`,
        '',
        'ü',
      ];
      for (const other of bent)
        expect(errorOf(() => verify(raw({ ...request, headers: { ...request.headers, [name]: other } }), NOW))).toEqual(
          refused,
        );
      const { [name]: _gone, ...headers } = request.headers;
      expect(errorOf(() => verify(raw({ ...request, headers }), NOW))).toEqual(refused);
    }
  });
});

it.each(SIGNERS.filter(([name]) => name !== 'dingtalk'))(
  'the signature of %s covers each byte of the body',
  (_name, _window, sign, verify) => {
    const request = sign(NOW);
    const body = Buffer.from(request.body);
    for (let place = 0; place < body.length; place++) {
      const bent = Buffer.from(body);
      bent[place] = (bent[place] ?? 0) ^ 1;
      expect(errorOf(() => verify({ ...raw(request), body: bent }, NOW))).toEqual(refused);
    }
  },
);
