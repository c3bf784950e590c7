import { AwsError } from './aws-error.ts';
import type { Command, Service } from './service-client.ts';

/** What a service of AWS's JSON protocol says of itself. */
export interface JsonService extends Pick<Service, 'name' | 'id'> {
  /** What stands before the operation's name in `X-Amz-Target`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  /** Input that a caller need not give. */
  readonly defaults?: (command: Command) => object;
  readonly toError?: Service['toError'];
}

/** A service that speaks AWS's JSON protocol. @see https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
export const jsonService = ({ name, id, target, version, defaults, toError }: JsonService): Service => ({
  name,
  id,
  toRequest(command) {
    const body = JSON.stringify({ ...defaults?.(command), ...command.input });
    const headers = {
      'Content-Type': `application/x-amz-json-${version}`,
      'X-Amz-Target': `${target}.${command.operation}`,
    };
    return { path: '/', headers, body };
  },
  toOutput: ({ body }) => (body.length === 0 ? {} : JSON.parse(body.toString('utf8'))),
  toError: toError ?? ((type, message, status) => new AwsError(type, message, status)),
});

/** The class of an operation's command, in the shape of the official clients. */
export const commandOf = (operation: string) =>
  class {
    readonly operation = operation;
    readonly input: object;

    constructor(input: object) {
      this.input = input;
    }
  };
