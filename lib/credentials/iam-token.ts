import { AppError } from '../errors.ts';
import type { Credentials } from './credentials.ts';

/**
 * Credentials with a token in place of a password, where the target says so: RDS takes it for 15 minutes. The token is
 * made on this side, with the function's own role and region.
 *
 * @throws AppError `credentials-unavailable` where the role's own credentials or the region are missing
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
 */
export async function withIamToken(credentials: Credentials): Promise<Credentials> {
  if (!credentials.iam) return credentials;
  const { host: hostname, port, user: username } = credentials;
  const { Signer } = await import('@aws-sdk/rds-signer');
  try {
    return { ...credentials, password: await new Signer({ hostname, port, username }).getAuthToken() };
  } catch (cause) {
    throw new AppError('credentials-unavailable', { cause, detail: 'RDS IAM: no token could be made.', retryAfter: 2 });
  }
}
