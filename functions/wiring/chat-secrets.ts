import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ChatSecrets } from '../../lib/chatops/channels/channel.ts';
import { AppError } from '../../lib/errors.ts';
import { AWS_LIMITS, type Env, loadOnce, named } from './environment.ts';

/**
 * The secrets that `CHAT_SECRET` names, with commas: a receiver's own one, or for the worker one of each platform.
 *
 * @throws AppError `configuration-invalid`, `credentials-unavailable`
 */
export async function readChatSecrets(env: Env, parse: (json: string) => ChatSecrets): Promise<ChatSecrets> {
  const client = new SecretsManagerClient(AWS_LIMITS);
  const read = async (SecretId: string): Promise<string> => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId })).catch((cause: unknown) => {
      throw new AppError('credentials-unavailable', { cause });
    });
    return SecretString ?? '';
  };
  const texts = await Promise.all(named(env, 'CHAT_SECRET').split(',').map(read));
  return parse(texts.length === 1 ? (texts[0] ?? '') : together(texts));
}

/** One JSON of several, of which each has parts of its own. */
function together(texts: readonly string[]): string {
  const parts = texts.map((text): [string, unknown][] => {
    try {
      return Object.entries(JSON.parse(text) ?? {});
    } catch {
      throw new AppError('configuration-invalid', { detail: 'CHAT_SECRET: one of them is not JSON.' });
    }
  });
  const names = parts.flat().map(([name]) => name);
  // Which of two counts would hang on their order.
  if (new Set(names).size < names.length)
    throw new AppError('configuration-invalid', { detail: 'CHAT_SECRET: two of them hold the same platform.' });
  return JSON.stringify(Object.fromEntries(parts.flat()));
}

/** Milliseconds after which a secret is read again: a platform's secret may be rotated while an environment lives on. */
const LIFE_MS = 300_000;

/** Made once for each Lambda environment, and again after five minutes; a failure is not kept. */
export const once = <T>(make: (env: Env) => Promise<T>): (() => Promise<T>) => loadOnce(make, LIFE_MS);
