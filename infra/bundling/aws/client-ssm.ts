import { commandOf, jsonService, reviveDates } from './json-service.ts';
import { type ClientOptions, ServiceClient } from './service-client.ts';

const SERVICE = jsonService({ name: 'ssm', id: 'SSM', target: 'AmazonSSM', version: '1.1', revive: reviveDates });

/** Parameter Store. */
export class SSMClient extends ServiceClient {
  constructor(options: ClientOptions) {
    super(SERVICE, options);
  }
}

export const GetParameterCommand = commandOf('GetParameter');
