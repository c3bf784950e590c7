import {
  DescribeSecretCommand,
  type Filter,
  GetSecretValueCommand,
  ListSecretsCommand,
  type SecretsManagerClient,
  type Tag,
} from '@aws-sdk/client-secrets-manager';
import { AppError } from '../errors.ts';

/** What is needed of the AWS client. */
export type SecretsClient = Pick<SecretsManagerClient, 'send'>;

/** The stages of a secret that are read: the one in use, and one that a rotation is about to put in its place. */
export type SecretStage = 'AWSCURRENT' | 'AWSPENDING';

/** A secret as read: its text, `no-value` where the stage (or a text in it) is missing, `no-secret` where it is gone. */
export type SecretRead = { readonly text: string } | 'no-value' | 'no-secret';

/** Which secrets: those whose names start with the prefix, which may be empty, and that bear the tag, where there is one. */
export interface SecretScope {
  readonly prefix: string;
  readonly tag?: SecretTag | undefined;
}

const bears = (tags: readonly Tag[] | undefined, { key, value }: SecretTag): boolean =>
  tags?.some(({ Key, Value }) => Key === key && Value === value) ?? false;

/** Names of all secrets of the scope, letter case included. @throws AppError `credentials-unavailable` if AWS fails. */
export async function listSecretNames(client: SecretsClient, { prefix, tag }: SecretScope): Promise<readonly string[]> {
  const filters: Filter[] = [];
  if (prefix !== '') filters.push({ Key: 'name', Values: [prefix] });
  if (tag) filters.push({ Key: 'tag-key', Values: [tag.key] }, { Key: 'tag-value', Values: [tag.value] });
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = await named(
      client.send(new ListSecretsCommand({ Filters: filters, MaxResults: 100, ...(token && { NextToken: token }) })),
    );
    for (const { Name: name, Tags: tags } of page.SecretList ?? []) {
      // AWS's filters are a search, not a promise: they match other letter cases, single words of a name, beginnings of
      // tags, and the key of one tag with the value of another.
      if (name?.startsWith(prefix) && (tag === undefined || bears(tags, tag))) names.push(name);
    }
    token = page.NextToken;
  } while (token);
  return names;
}

/** True where there is a secret of exactly that name that bears the tag. @throws AppError `credentials-unavailable` if AWS fails. */
export async function hasTag(client: SecretsClient, name: string, tag: SecretTag): Promise<boolean> {
  try {
    const { Name, Tags, DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId: name }));
    return Name === name && DeletedDate === undefined && bears(Tags, tag);
  } catch (error) {
    if (missingPart(error)) return false;
    throw fault(error);
  }
}

/** Reads one stage of the secret of exactly that name. @throws AppError `credentials-unavailable` if AWS fails. */
export async function readSecret(client: SecretsClient, name: string, stage: SecretStage): Promise<SecretRead> {
  try {
    const secret = await client.send(new GetSecretValueCommand({ SecretId: name, VersionStage: stage }));
    if (secret.Name !== name) return 'no-secret';
    return secret.SecretString === undefined ? 'no-value' : { text: secret.SecretString };
  } catch (error) {
    const missing = missingPart(error);
    if (missing) return missing;
    throw fault(error);
  }
}

/**
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 * @see https://github.com/aws/aws-sdk-js-v3/issues/7701 for the message of a missing stage
 */
function missingPart(error: unknown): 'no-value' | 'no-secret' | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'ResourceNotFoundException') {
    // One exception for both: "… can't find the specified secret value for staging label", "… the specified secret".
    return /secret value|staging label/i.test(error.message) ? 'no-value' : 'no-secret';
  }
  const deleted = error.name === 'InvalidRequestException' && /marked (for deletion|deleted)/i.test(error.message);
  return deleted ? 'no-secret' : undefined;
}

const named = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    throw fault(error);
  });

const fault = (cause: unknown): AppError =>
  new AppError('credentials-unavailable', {
    cause,
    detail: `Secrets Manager: ${cause instanceof Error ? cause.name : 'failed'}.`,
    retryAfter: 2,
  });

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
