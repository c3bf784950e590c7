import { AwsError } from './aws-error.ts';
import { commandOf } from './json-service.ts';
import { type ClientOptions, type Command, type Service, ServiceClient } from './service-client.ts';

const textOf = ({ input }: Command, name: string): string => {
  const value = new Map<string, unknown>(Object.entries(input)).get(name);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'string' ? value : '';
};

/** The one operation that is used. @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
const SERVICE: Service = {
  name: 'lambda',
  id: 'LAMBDA',
  toRequest: (command) => ({
    path: `/2015-03-31/functions/${encodeURIComponent(textOf(command, 'FunctionName'))}/invocations`,
    headers: {
      'Content-Type': 'application/json',
      'X-Amz-Invocation-Type': textOf(command, 'InvocationType') || 'RequestResponse',
    },
    body: textOf(command, 'Payload'),
  }),
  toOutput: ({ status, headers, body }) => {
    const failed = headers['x-amz-function-error'];
    return { StatusCode: status, Payload: body, ...(failed !== undefined && { FunctionError: String(failed) }) };
  },
  toError: (name, message, status, _fields, retryAfter) => new AwsError(name, message, status, retryAfter),
};

/** Lambda. */
export class LambdaClient extends ServiceClient {
  constructor(options: ClientOptions) {
    super(SERVICE, options);
  }
}

export const InvokeCommand = commandOf('Invoke');
