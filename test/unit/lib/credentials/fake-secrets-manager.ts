import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  type Tag,
} from '@aws-sdk/client-secrets-manager';
import type { SecretsClient, SecretTag } from '../../../../lib/targets/secret-store.ts';
import { createSecretsManagerDirectory } from '../../../../lib/targets/secrets-manager.ts';

/** A secret's text. */
export const secret = (password: string, host = 'h') => JSON.stringify({ host, username: 'u', password });
/** An exception of AWS. */
export const fault = (name: string, message = '') => Object.assign(new Error(message), { name });
/** What AWS says of a secret that is not there. */
export const noSecret = () => fault('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
/** What AWS says of a stage that is not there. */
export const noValue = () =>
  fault('ResourceNotFoundException', "Secrets Manager can't find the specified secret value for staging label: X");

/** One tag of a secret, as AWS gives it. */
export const tagged = (Key: string, Value: string): Tag => ({ Key, Value });

/** Answers lists with `pages`, one after the other, and values from `values`, `name@stage` to text or error; `tags` by name. */
export const setup = (
  values: Record<string, string | Error> = {},
  pages: readonly string[][] = [],
  { prefix = 'w/', tag, tags = {} }: { prefix?: string; tag?: SecretTag; tags?: Record<string, Tag[] | Error> } = {},
) => {
  const requests: string[] = [];
  const warnings: string[] = [];
  let time = 0;
  const send = async (command: unknown): Promise<unknown> => {
    if (command instanceof ListSecretsCommand) {
      const page = Number(command.input.NextToken ?? 0);
      requests.push(`list ${page}`);
      const next = page + 1 < pages.length ? { NextToken: String(page + 1) } : {};
      return { SecretList: pages[page]?.map((Name) => ({ Name, Tags: tags[Name] })), ...next };
    }
    if (command instanceof DescribeSecretCommand) {
      const Name = String(command.input.SecretId);
      requests.push(`tags of ${Name}`);
      const Tags = tags[Name] ?? noSecret();
      if (Tags instanceof Error) throw Tags;
      return { Name, Tags };
    }
    if (!(command instanceof GetSecretValueCommand)) throw new Error('unexpected command');
    const { SecretId: name, VersionStage: stage } = command.input;
    requests.push(`${name}@${stage}`);
    const value = values[`${name}@${stage}`] ?? noSecret();
    if (value instanceof Error) throw value;
    return { Name: name, SecretString: value };
  };
  const directory = createSecretsManagerDirectory({
    prefix,
    tag,
    client: { send } as unknown as SecretsClient,
    now: () => time,
    warn: (message) => warnings.push(message),
  });
  const passwords = async (name: string) => {
    const found: string[] = [];
    for await (const { password } of directory.candidates({ name })) found.push(password);
    return found;
  };
  const pass = (seconds: number) => {
    time += seconds * 1000;
  };
  return { directory, requests, warnings, passwords, values, pass };
};
