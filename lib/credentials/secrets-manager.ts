import { AppError } from '../errors.ts';
import type { Credentials, Target, TargetDirectory } from './credentials.ts';
import { withIamToken } from './iam-token.ts';
import { toCredentials } from './secret.ts';
import { hasTag, listSecretNames, readSecret, type SecretRead, type SecretsClient } from './secret-store.ts';
import type { SecretTag } from './secret-tag.ts';
import { createSharedCache } from './shared-cache.ts';
import { isTargetName } from './target-name.ts';

/** How to find targets in Secrets Manager: by prefix, by tag, or by both. */
export interface SecretsManagerOptions {
  /** What the names of all target secrets start with; a target is called what follows. Empty only where there is a tag. */
  readonly prefix: string;
  /** What all target secrets bear; its key and value are compared exactly. */
  readonly tag?: SecretTag | undefined;
  readonly client: SecretsClient;
  /** How long the list of targets is kept, and what there is besides; 300 if not given. */
  readonly ttlSeconds?: number;
  /** How long a secret is kept, `ttlSeconds` if not given: one that changes is read anew as soon as the server refuses it. */
  readonly secretSeconds?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Told once about secrets whose names cannot be targets' names. */
  readonly warn?: (message: string) => void;
}

const PREFIX = /^[A-Za-z0-9/_+=.@-]{1,400}$/;

/**
 * Targets are the secrets whose names start with the prefix and that bear the tag, compared exactly; no other secret's
 * value is asked for or told: one with the prefix and without the tag is not there. AWS is asked once for concurrent
 * callers and again after its time, so a tag that is taken away counts until then; a failure is not kept. Its methods
 * reject with AppError: `credentials-unavailable` if AWS fails, `configuration-invalid` for a secret that is not valid,
 * `target-not-found` where it has gone since it was found.
 *
 * @throws AppError `configuration-invalid` for a prefix that no secret's name can start with, and without prefix and tag.
 */
export function createSecretsManagerDirectory({
  prefix,
  tag,
  client,
  ttlSeconds = 300,
  secretSeconds = ttlSeconds,
  now = Date.now,
  warn = (message) => process.emitWarning(message),
}: SecretsManagerOptions): TargetDirectory {
  // Without both, every secret of the account would be a target.
  if (!PREFIX.test(prefix) && !(tag !== undefined && prefix === '')) {
    throw new AppError('configuration-invalid', { detail: 'prefix: 1 to 400 letters, digits and /_+=.@- are needed.' });
  }
  let warned = '';

  const fetchTargets = async (): Promise<readonly Target[]> => {
    const names = (await listSecretNames(client, { prefix, tag })).map((name) => name.slice(prefix.length)).sort();
    const skipped = names.filter((name) => !isTargetName(name));
    if (skipped.length > 0 && skipped.join() !== warned) {
      warned = skipped.join();
      warn(
        `${skipped.length} secrets under ${prefix || '/'} are no targets, their names do not suit: ${skipped.slice(0, 5)}`,
      );
    }
    return names.filter(isTargetName).map((name) => ({ name }));
  };
  const targets = createSharedCache(fetchTargets, { ttlSeconds, now });
  // The tag first: the role may not even be allowed to read what does not bear it.
  const read = async (name: string): Promise<SecretRead> =>
    tag !== undefined && !(await hasTag(client, prefix + name, tag))
      ? 'no-secret'
      : readSecret(client, prefix + name, 'AWSCURRENT');
  const current = createSharedCache(read, {
    ttlSeconds: secretSeconds,
    now,
    isKept: (found) => typeof found !== 'string', // anybody's made-up names would fill the memory, and hide new secrets
  });

  return {
    inSecretsManager: true,
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
      if (isNew(second, [first])) yield await withIamToken(second);

      const pending = await readSecret(client, prefix + name, 'AWSPENDING');
      const tried = [first, second];
      if (typeof pending !== 'string') {
        const third = toCredentials(pending.text, name);
        if (isNew(third, tried)) yield await withIamToken(third);
        tried.push(third);
      }
      // A rotation that was completed between the last two reads: what was pending is current by now, and refused by nobody.
      const last = usable(await current.getNewer(name, current.get(name)).value, name);
      if (isNew(last, tried)) yield await withIamToken(last);
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

/** A server that refused a login would refuse the same again. */
const isNew = (one: Credentials, tried: readonly Credentials[]): boolean =>
  !tried.some(
    ({ host, port, user, password }) =>
      host === one.host && port === one.port && user === one.user && password === one.password,
  );
