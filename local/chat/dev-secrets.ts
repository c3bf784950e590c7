import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseChatSecrets } from '../../lib/chatops/all-secrets.ts';
import type { ChatSecrets } from '../../lib/chatops/secrets.ts';
import { cacheDir } from '../cache-dir.ts';
import { loadPlays } from './plays.ts';

/** Where a stand-in for the chat platforms listens while `npm run chat` waits for answers: two ports above the gateway. */
export const standInAddress = (env: Readonly<NodeJS.ProcessEnv>): string =>
  `http://127.0.0.1:${Number(env['PORT'] || 8787) + 2}`;

/**
 * Secrets of this machine's own platforms: made at random the first time, and kept for their owner's eyes only, so that
 * the sender signs with what the gateway verifies. What a newer version can play besides is added. `CHAT_SECRETS_FILE`
 * names another file, which is left as it is once it is there.
 *
 * @throws AppError `configuration-invalid`
 */
export async function devChatSecrets(env: Readonly<NodeJS.ProcessEnv>): Promise<ChatSecrets> {
  const named = env['CHAT_SECRETS_FILE'];
  const file = named || join(cacheDir(env), 'chat-secrets.json');
  if (named && existsSync(file)) return parseChatSecrets(readFileSync(file, 'utf8'));
  const kept: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const made = Object.fromEntries((await loadPlays()).map(({ name, play }) => [name, play.secret()]));
  const secrets = { ...made, ...(typeof kept === 'object' ? kept : {}) };
  const text = JSON.stringify(secrets);
  if (text !== JSON.stringify(kept)) {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode: 0o600 });
  }
  return parseChatSecrets(text);
}
