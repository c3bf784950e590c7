import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AWS_LIMITS } from './aws-limits.ts';
import type { ChatSecrets } from './chatops/secrets.ts';
import { AppError } from './errors.ts';
import { type Env, loadOnce, named } from './function-environment.ts';

/** The secret that `CHAT_SECRET` names. @throws AppError `configuration-invalid`, `credentials-unavailable` */
export async function readChatSecrets(env: Env, parse: (json: string) => ChatSecrets): Promise<ChatSecrets> {
  const command = new GetSecretValueCommand({ SecretId: named(env, 'CHAT_SECRET') });
  const { SecretString } = await new SecretsManagerClient(AWS_LIMITS).send(command).catch((cause: unknown) => {
    throw new AppError('credentials-unavailable', { cause });
  });
  return parse(SecretString ?? '');
}

/** Milliseconds after which a secret is read anew: a platform's secret may be rotated while an environment lives on. */
const LIFE_MS = 300_000;

/** Made once for each Lambda environment, and anew after five minutes; a failure is not kept. */
export const once = <T>(make: (env: Env) => Promise<T>): (() => Promise<T>) => loadOnce(make, LIFE_MS);
