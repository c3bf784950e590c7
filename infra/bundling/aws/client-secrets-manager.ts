import { commandOf, jsonService, reviveDates } from './json-service.ts';
import { type ClientOptions, ServiceClient } from './service-client.ts';

const SERVICE = jsonService({
  name: 'secretsmanager',
  id: 'SECRETS_MANAGER',
  target: 'secretsmanager',
  version: '1.1',
  revive: reviveDates,
});

/** Secrets Manager. */
export class SecretsManagerClient extends ServiceClient {
  constructor(options: ClientOptions) {
    super(SERVICE, options);
  }
}

export const DescribeSecretCommand = commandOf('DescribeSecret');
export const GetSecretValueCommand = commandOf('GetSecretValue');
export const ListSecretsCommand = commandOf('ListSecrets');
