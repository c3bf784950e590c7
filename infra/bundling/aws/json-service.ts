import { AwsError } from './aws-error.ts';
import type { Command, Revive, Service } from './service-client.ts';

/** What a service of AWS's JSON protocol says of itself. */
export interface JsonService extends Pick<Service, 'name' | 'id' | 'revive'> {
  /** What stands before the operation's name in `X-Amz-Target`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  /** Input that a caller need not give. */
  readonly defaults?: (command: Command) => object;
  readonly toError?: Service['toError'];
  /** For `JSON.stringify`. */
  readonly replace?: (this: unknown, key: string, value: unknown) => unknown;
}

/** A service that speaks AWS's JSON protocol. @see https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
export const jsonService = ({
  name,
  id,
  target,
  version,
  defaults,
  toError,
  replace,
  revive,
}: JsonService): Service => {
  // What is null is not there, as in the official clients.
  const reviveField: Revive = (key, value) => (value === null ? undefined : revive ? revive(key, value) : value);
  return {
    name,
    id,
    toRequest(command) {
      const body = JSON.stringify({ ...defaults?.(command), ...command.input }, replace);
      const headers = {
        'Content-Type': `application/x-amz-json-${version}`,
        'X-Amz-Target': `${target}.${command.operation}`,
      };
      return { path: '/', headers, body };
    },
    toOutput: ({ body }) => (body.length === 0 ? {} : JSON.parse(body.toString('utf8'), reviveField)),
    revive: reviveField,
    toError: toError ?? ((type, message, status, _fields, wait) => new AwsError(type, message, status, wait)),
  };
};

/** Points in time come as seconds since the epoch, in fields of that ending. */
export const reviveDates: Revive = (key, value) =>
  key.endsWith('Date') && typeof value === 'number' ? new Date(value * 1000) : value;

/** The class of an operation's command, in the shape of the official clients. */
export const commandOf = (operation: string) =>
  class {
    readonly operation = operation;
    readonly input: object;

    constructor(input: object) {
      this.input = input;
    }
  };
