import { type ChatSecrets, parseChatSecrets } from './chatops/secrets.ts';
import { AppError } from './errors.ts';

/** The environment of a function. */
export type Env = Readonly<NodeJS.ProcessEnv>;

/** An environment variable. @throws AppError `configuration-invalid` where it is not set. */
export function named(env: Env, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new AppError('configuration-invalid', { detail: `${name} is not set.` });
}

/** The secret that `CHAT_SECRET` names. @throws AppError `configuration-invalid`, `credentials-unavailable` */
export async function readChatSecrets(env: Env): Promise<ChatSecrets> {
  const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const command = new GetSecretValueCommand({ SecretId: named(env, 'CHAT_SECRET') });
  const { SecretString } = await new SecretsManagerClient({}).send(command).catch((cause: unknown) => {
    throw new AppError('credentials-unavailable', { cause });
  });
  return parseChatSecrets(SecretString ?? '');
}

/** Milliseconds after which a secret is read anew: a platform's secret may be rotated while an environment lives on. */
const LIFE_MS = 300_000;

/** Made once for each Lambda environment, and anew after five minutes; a failure is not kept. */
export function once<T>(make: (env: Env) => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  let until = 0;
  return () => {
    if (made !== undefined && performance.now() < until) return made;
    until = performance.now() + LIFE_MS;
    made = make(process.env).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
