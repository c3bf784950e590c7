import { GetSecretValueCommand, ListSecretsCommand } from '@aws-sdk/client-secrets-manager';
import type { SecretsClient } from '../../../../lib/credentials/secret-store.ts';
import { createSecretsManagerDirectory } from '../../../../lib/credentials/secrets-manager.ts';

/** A secret's text. */
export const secret = (password: string, host = 'h') => JSON.stringify({ host, username: 'u', password });
/** An exception of AWS. */
export const fault = (name: string, message = '') => Object.assign(new Error(message), { name });
/** What AWS says of a secret that is not there. */
export const noSecret = () => fault('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
/** What AWS says of a stage that is not there. */
export const noValue = () =>
  fault('ResourceNotFoundException', "Secrets Manager can't find the specified secret value for staging label: X");

/** Answers lists with `pages`, one after the other, and values from `values`, `name@stage` to text or error. */
export const setup = (values: Record<string, string | Error> = {}, pages: readonly string[][] = []) => {
  const requests: string[] = [];
  const warnings: string[] = [];
  let time = 0;
  const send = async (command: unknown): Promise<unknown> => {
    if (command instanceof ListSecretsCommand) {
      const page = Number(command.input.NextToken ?? 0);
      requests.push(`list ${page}`);
      const next = page + 1 < pages.length ? { NextToken: String(page + 1) } : {};
      return { SecretList: pages[page]?.map((Name) => ({ Name })), ...next };
    }
    if (!(command instanceof GetSecretValueCommand)) throw new Error('unexpected command');
    const { SecretId: name, VersionStage: stage } = command.input;
    requests.push(`${name}@${stage}`);
    const value = values[`${name}@${stage}`] ?? noSecret();
    if (value instanceof Error) throw value;
    return { Name: name, SecretString: value };
  };
  const directory = createSecretsManagerDirectory({
    prefix: 'w/',
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
