import { AppError } from '../errors.ts';

/** A tag of a secret, compared exactly. */
export interface SecretTag {
  readonly key: string;
  readonly value: string;
}

// What a filter of ListSecrets can hold, without the `!` that would turn it round.
const TAG = /^(?<key>[A-Za-z0-9 :_@/+.-]{1,128})=(?<value>[A-Za-z0-9 :_@/+=.-]{1,256})$/;

/**
 * Reads `key=value`.
 *
 * @throws AppError `configuration-invalid` for a tag that ListSecrets cannot be asked for
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html
 */
export function parseSecretTag(text: string): SecretTag {
  const { key, value } = TAG.exec(text)?.groups ?? {};
  if (key !== undefined && value !== undefined) return { key, value };
  throw new AppError('configuration-invalid', {
    detail: 'SECRET_TAG: write key=value, of ASCII letters, digits, blanks and :_@/+=.-, with no = in the key.',
  });
}
