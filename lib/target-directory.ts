import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AWS_LIMITS } from './aws-limits.ts';
import type { TargetDirectory } from './credentials/credentials.ts';
import { parseSecretTag } from './credentials/secret-tag.ts';
import { createSecretsManagerDirectory } from './credentials/secrets-manager.ts';
import { AppError } from './errors.ts';
import { type Env, numbered } from './function-environment.ts';

/**
 * The targets that `SECRET_PREFIX` and `SECRET_TAG` name, each secret kept for `SECRET_SECONDS` (300).
 *
 * @throws AppError `configuration-invalid`
 */
export function targetDirectory(env: Env): TargetDirectory {
  const { SECRET_PREFIX: prefix = '', SECRET_TAG: tag } = env;
  if (!prefix && !tag)
    throw new AppError('configuration-invalid', {
      detail: 'SECRET_PREFIX is not set: the prefix of the names of the secrets that hold targets; nor is SECRET_TAG.',
    });
  const secretSeconds = numbered(env, 'SECRET_SECONDS', 300);
  return createSecretsManagerDirectory({
    prefix,
    ...(tag && { tag: parseSecretTag(tag) }),
    client: new SecretsManagerClient(AWS_LIMITS),
    secretSeconds,
  });
}
