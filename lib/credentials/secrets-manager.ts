import { AppError } from '../errors.ts';
import type { Credentials, Target, TargetDirectory } from './credentials.ts';
import { withIamToken } from './iam-token.ts';
import { toCredentials } from './secret.ts';
import { listSecretNames, readSecret, type SecretRead, type SecretsClient } from './secret-store.ts';
import { createSharedCache } from './shared-cache.ts';
import { isTargetName } from './target-name.ts';

/** How to find targets in Secrets Manager. */
export interface SecretsManagerOptions {
  /** What the names of all target secrets start with; a target is called what follows. Not empty. */
  readonly prefix: string;
  readonly client: SecretsClient;
  /** How long names and secrets are kept; 300 if not given. */
  readonly ttlSeconds?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Told once about secrets whose names cannot be targets' names. */
  readonly warn?: (message: string) => void;
}

const PREFIX = /^[A-Za-z0-9/_+=.@-]{1,400}$/;

/**
 * Targets are the secrets whose names start with the prefix, compared exactly; no other name is asked for or told.
 * AWS is asked once for concurrent callers and again after `ttlSeconds`; a failure is not kept. Its methods reject with
 * AppError: `internal` if AWS fails, `configuration-invalid` for a secret that is not valid, `target-not-found` where
 * it has gone since it was found.
 *
 * @throws AppError `configuration-invalid` for a prefix that is empty or that no secret's name can start with.
 */
export function createSecretsManagerDirectory({
  prefix,
  client,
  ttlSeconds = 300,
  now = Date.now,
  warn = (message) => process.emitWarning(message),
}: SecretsManagerOptions): TargetDirectory {
  if (!PREFIX.test(prefix)) {
    throw new AppError('configuration-invalid', { detail: 'prefix: 1 to 400 letters, digits and /_+=.@- are needed.' });
  }
  let warned = '';

  const fetchTargets = async (): Promise<readonly Target[]> => {
    const names = (await listSecretNames(client, prefix)).map((name) => name.slice(prefix.length)).sort();
    const skipped = names.filter((name) => !isTargetName(name));
    if (skipped.length > 0 && skipped.join() !== warned) {
      warned = skipped.join();
      warn(`${skipped.length} secrets under ${prefix} are no targets, their names do not suit: ${skipped.slice(0, 5)}`);
    }
    return names.filter(isTargetName).map((name) => ({ name }));
  };
  const life = { ttlSeconds, now };
  const targets = createSharedCache(fetchTargets, life);
  const current = createSharedCache<SecretRead>((name) => readSecret(client, prefix + name, 'AWSCURRENT'), {
    ...life,
    isKept: (read) => typeof read !== 'string', // anybody's made-up names would fill the memory, and hide new secrets
  });

  return {
    list: () => targets.get('').value,

    async find(name) {
      if (!isTargetName(name)) return undefined;
      return (await current.get(name).value) === 'no-secret' ? undefined : { name };
    },

    async *candidates({ name }) {
      const cached = current.get(name);
      const first = usable(await cached.value, name);
      yield await withIamToken(first);

      const second = usable(await current.getNewer(name, cached).value, name);
      if (!sameLogin(first, second)) yield await withIamToken(second);

      const pending = await readSecret(client, prefix + name, 'AWSPENDING');
      if (typeof pending === 'string') return;
      const third = toCredentials(pending.text, name);
      if (!sameLogin(third, first) && !sameLogin(third, second)) yield await withIamToken(third);
    },
  };
}

function usable(read: SecretRead, name: string): Credentials {
  if (read === 'no-secret') throw new AppError('target-not-found');
  if (read === 'no-value') {
    throw new AppError('configuration-invalid', { detail: `target ${name}: its secret holds no text.` });
  }
  return toCredentials(read.text, name);
}

/** A server that refused one would refuse the other. */
const sameLogin = (a: Credentials, b: Credentials): boolean =>
  a.host === b.host && a.port === b.port && a.user === b.user && a.password === b.password;
