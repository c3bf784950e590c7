import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChatSecrets, parseChatSecrets } from '../../lib/chatops/secrets.ts';
import { cacheDir } from '../cache-dir.ts';

/** Where a stand-in for the chat platforms listens while `npm run chat` waits for answers: two ports above the gateway. */
export const standInAddress = (env: Readonly<NodeJS.ProcessEnv>): string =>
  `http://127.0.0.1:${Number(env['PORT'] || 8787) + 2}`;

const random = (): string => randomBytes(24).toString('base64');

const make = () => ({
  slack: {
    signingSecret: random(),
    app: 'A0LOCAL',
    teams: ['T0LOCAL'],
    places: { ops: 'https://hooks.slack.com/services/ops' },
  },
  feishu: {
    app: 'cli_local',
    appSecret: random(),
    encryptKey: random(),
    verificationToken: random(),
    tenants: ['local'],
    places: { ops: 'oc_ops' },
  },
  dingtalk: { appSecret: random(), corporations: ['local'] },
});

/**
 * Secrets of this machine's own platforms: made at random the first time, and kept for their owner's eyes only, so that
 * the sender signs with what the gateway verifies. `CHAT_SECRETS_FILE` names another file.
 *
 * @throws AppError `configuration-invalid`
 */
export function devChatSecrets(env: Readonly<NodeJS.ProcessEnv>): ChatSecrets {
  const file = env['CHAT_SECRETS_FILE'] || join(cacheDir(env), 'chat-secrets.json');
  if (!existsSync(file)) {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify(make()), { mode: 0o600 });
  }
  return parseChatSecrets(readFileSync(file, 'utf8'));
}
