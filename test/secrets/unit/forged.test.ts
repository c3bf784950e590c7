import { describe, expect, it } from 'vitest';
import { parseChatSecrets } from '../../../lib/chatops/channels/load-channel.ts';
import { good, SOURCES, send, withHeader } from '../../support/chat/a-receiver.ts';
import { FORGERIES } from '../../support/chat/forgeries.ts';
import { CHAT_SECRETS } from '../../support/chat/secrets.ts';
import { CANARIES } from '../canary.ts';
import { ALL, lookForSecrets } from './look-for-secrets.ts';

const secrets = lookForSecrets('Secrets, forged webhooks', 'what forgers are answered and what is logged of them');

describe('a webhook that may not be from its sender', () => {
  const chatSecrets = parseChatSecrets(
    JSON.stringify({
      ...CHAT_SECRETS,
      slack: { ...CHAT_SECRETS.slack, signingSecret: CANARIES.token },
      feishu: {
        ...CHAT_SECRETS.feishu,
        appSecret: CANARIES.token,
        encryptKey: CANARIES.token,
        verificationToken: CANARIES.token,
      },
      dingtalk: { ...CHAT_SECRETS.dingtalk, appSecret: CANARIES.token },
      webhook: { deployer: `whsec_${CANARIES.token.padEnd(32, 'x')}` },
      alert: { prod: { from: 'alertmanager', secret: CANARIES.token.padEnd(16, 'x') } },
    }),
  );

  it.each(FORGERIES.map(([what, name, request, source = SOURCES[name]]) => ({ what, name, request, source })))(
    'learns nothing of a secret: $what at $name',
    async ({ name, request, source }) => {
      const answer = await send(name, request(), source, chatSecrets);
      expect(answer.statusCode).toBeGreaterThanOrEqual(400);
      secrets.isClean(JSON.stringify(answer), ...secrets.lines());
    },
  );

  it.each(Object.keys(good) as (keyof typeof good)[])(
    'that bears a secret itself finds it nowhere again: %s',
    async (name) => {
      const request = good[name]();
      const bearing = { ...withHeader(request, 'x-extra', CANARIES.token), body: `${request.body}&${ALL}` };
      const forged = withHeader(bearing, 'authorization', `Bearer ${CANARIES.token}`);
      const signed = Object.keys(request.headers).find((header) => /sign/i.test(header));
      const answer = await send(
        name,
        signed === undefined ? forged : withHeader(forged, signed, CANARIES.token),
        SOURCES[name],
        chatSecrets,
      );
      secrets.isClean(JSON.stringify(answer), ...secrets.lines());
    },
  );
});
