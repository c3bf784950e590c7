import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  type Tag,
} from '@aws-sdk/client-secrets-manager';
import type { SecretTag } from '../../lib/targets/secret-store.ts';
import { createSecretsManagerDirectory } from '../../lib/targets/secrets-manager.ts';

/** A client of the emulator at `endpoint`, with credentials of nobody. */
export const aClient = (endpoint: string): SecretsManagerClient =>
  new SecretsManagerClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });

/** A secret's text of the standard shape, with fields of AWS's own. */
export const login = (password: string): string =>
  JSON.stringify({
    engine: 'mysql',
    host: 'h.example.com',
    port: 3306,
    username: 'warden',
    password,
    masterarn: 'arn:…',
  });

/** Makes a secret; without text it holds bytes. */
export const create = (client: SecretsManagerClient, Name: string, text?: string, Tags: Tag[] = []) =>
  client.send(
    new CreateSecretCommand({
      Name,
      Tags,
      ...(text === undefined ? { SecretBinary: Buffer.from('x') } : { SecretString: text }),
    }),
  );

/** Adds a version with that password at that stage. */
export const put = (client: SecretsManagerClient, SecretId: string, password: string, stage: string) =>
  client.send(new PutSecretValueCommand({ SecretId, SecretString: login(password), VersionStages: [stage] }));

/** Directories through that client that count what they ask of AWS. */
export const directoriesOf = (client: SecretsManagerClient) => (prefix: string, tag?: SecretTag) => {
  let time = 0;
  let requests = 0;
  const warnings: string[] = [];
  const counting = new Proxy(client, {
    get: (real, name) =>
      name === 'send'
        ? (command: Parameters<typeof client.send>[0]) => {
            requests++;
            return real.send(command);
          }
        : Reflect.get(real, name),
  });
  const directory = createSecretsManagerDirectory({
    prefix,
    tag,
    client: counting,
    now: () => time,
    warn: (message) => warnings.push(message),
  });
  const pass = (seconds: number) => {
    time += seconds * 1000;
  };
  const passwords = async (name: string) => {
    const found: string[] = [];
    for await (const { password } of directory.candidates({ name })) found.push(password);
    return found;
  };
  return { directory, requests: () => requests, warnings, pass, passwords };
};
