import { AwsError } from './aws-error.ts';
import { type Env, endpointOf, regionOf } from './endpoint.ts';
import { withRetries } from './retry.ts';
import { type AwsResponse, type Credentials, sendRequest } from './send-request.ts';

/** What a client may be told; all else comes from the environment that Lambda sets. */
export interface ClientOptions {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: Credentials;
  /** 3 if not given. */
  readonly maxAttempts?: number;
  /** Milliseconds; together they limit one try. Without them a try lasts as long as the service takes, as in the official clients. */
  readonly requestHandler?: { readonly connectionTimeout: number; readonly requestTimeout: number };
}

/** An operation with its input, as the official clients take it. */
export interface Command {
  readonly operation: string;
  readonly input: object;
}

/** How a service is spoken to. */
export interface Service {
  /** In the host name and the signature. */
  readonly name: string;
  /** In `AWS_ENDPOINT_URL_<ID>`. */
  readonly id: string;
  readonly toRequest: (command: Command) => {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly toOutput: (response: AwsResponse) => unknown;
  /** Makes of a field of an answer, or of an error, what JSON cannot say. */
  readonly revive?: Revive;
  readonly toError: (
    name: string,
    message: string,
    status: number,
    body: Readonly<Record<string, unknown>>,
    retryAfter: number,
  ) => AwsError;
}

/** For `JSON.parse`. */
export type Revive = (key: string, value: unknown) => unknown;

function credentialsOf(env: Env): Credentials {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, sessionToken };
  throw new AwsError('CredentialsProviderError', 'Lambda has set no credentials: AWS_ACCESS_KEY_ID is not there.', 0);
}

function fieldsOf(body: Buffer, revive?: Revive): Readonly<Record<string, unknown>> {
  try {
    const fields: unknown = JSON.parse(body.toString('utf8'), revive);
    return typeof fields === 'object' && fields !== null ? Object.fromEntries(Object.entries(fields)) : {};
  } catch {
    return {};
  }
}

/** The exception's name in any of the ways that AWS writes it: `com.amazonaws.dynamodb.v20120810#Name`, `Name:http://…`. */
function errorOf({ toError, revive }: Service, { status, headers, body }: AwsResponse): AwsError {
  const fields = fieldsOf(body, revive);
  const type = headers['x-amzn-errortype'] ?? fields['__type'] ?? fields['code'];
  const name =
    String(type ?? `Http${status}`)
      .split(':')[0]
      ?.split('#')
      .at(-1) ?? '';
  return toError(name, String(fields['message'] ?? fields['Message'] ?? ''), status, fields, retryAfterOf(headers));
}

/** Milliseconds; 0 where the service asks for none, or in a form that none of ours uses. */
function retryAfterOf({ 'retry-after': seconds, 'x-amz-retry-after': milliseconds }: AwsResponse['headers']): number {
  const asked = milliseconds === undefined ? Number(seconds ?? 0) * 1000 : Number(milliseconds);
  return asked > 0 ? asked : 0;
}

/**
 * A client of one service with what our functions need of it: signed requests over connections that are kept, and
 * up to three tries.
 */
export class ServiceClient {
  readonly #service: Service;
  readonly #options: ClientOptions;

  constructor(service: Service, options: ClientOptions) {
    this.#service = service;
    this.#options = options;
  }

  /** @throws AwsError, or the network's error, of the last try */
  async send(command: Command): Promise<unknown> {
    const { maxAttempts = 3 } = this.#options;
    // Made once for all tries: a token in it tells a repeated request from a second one.
    const request = this.#service.toRequest(command);
    return withRetries(maxAttempts, () => this.#try(request));
  }

  async #try(request: ReturnType<Service['toRequest']>): Promise<unknown> {
    const { name, id, toOutput } = this.#service;
    const region = regionOf(process.env, this.#options.region);
    const endpoint = endpointOf(name, id, region, process.env, this.#options.endpoint);
    const credentials = this.#options.credentials ?? credentialsOf(process.env);
    const { requestHandler: limits } = this.#options;
    const limitMs = limits && limits.connectionTimeout + limits.requestTimeout;
    const response = await sendRequest({ service: name, region, endpoint, limitMs, ...request }, credentials);
    if (response.status < 200 || response.status > 299) throw errorOf(this.#service, response);
    return toOutput(response);
  }

  /** For callers of the official client: connections close by themselves. */
  destroy(): void {}
}
