import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AWS_LIMITS } from '../../functions/wiring/environment.ts';
import { atEmulator } from './at-emulator.ts';

/**
 * What befalls a call: `throttle` and `error` are answers as DynamoDB gives them; a `cut` ends the connection, `hang` never
 * answers, each before the table has seen the call or after it has done it.
 */
export const FAULTS = ['throttle', 'error', 'cut before', 'cut after', 'hang before', 'hang after'] as const;
export type Fault = (typeof FAULTS)[number];

/** Which calls a fault befalls. */
export interface Ill {
  readonly fault: Fault;
  /** Operations of the API, `PutItem`; every one if not given. */
  readonly operation?: string;
  /** Calls that go well first; 0 if not given. */
  readonly skip?: number;
  /** Calls that fail then; all if not given. */
  readonly times?: number;
}

/** A table store that fails as it is told to. */
export interface FaultyDynamoDb {
  /**
   * One as on AWS, to which nothing has happened: the SDK tries less often the more has failed. It gives up a call the moment
   * that it hangs, as its limits of time would make it, and waits for a busy machine as long as that takes.
   */
  newClient(): DynamoDBClient;
  ail(ill: Ill): void;
  heal(): void;
  close(): Promise<void>;
}

const THROTTLED = {
  __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  message: 'slow down',
};
/** A transaction is not refused like a single write: it is cancelled, with the reason of each of its parts. */
const CANCELLED = {
  __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
  Message: 'Transaction cancelled, please refer cancellation reasons for specific reasons [ThrottlingError]',
  CancellationReasons: [{ Code: 'None' }, { Code: 'ThrottlingError', Message: 'slow down' }],
};

const PATIENT = {
  ...AWS_LIMITS.requestHandler,
  connectionTimeout: 60_000,
  requestTimeout: 60_000,
  socketTimeout: 60_000,
};

type Headers = Readonly<Record<string, string | string[] | undefined>>;
/** Which try of which call it is. */
const tryOf = (headers: Headers): string => `${headers['amz-sdk-invocation-id']} ${headers['amz-sdk-request']}`;

/** A proxy in front of DynamoDB Local, which no setting makes throttle, fail or hang. */
export async function startFaultyDynamoDb(to: string): Promise<FaultyDynamoDb> {
  let ill: Ill | undefined;
  let seen = 0;
  const faultOf = (operation: string): Fault | undefined => {
    if (ill === undefined || (ill.operation !== undefined && ill.operation !== operation)) return undefined;
    const { skip = 0, times = Number.POSITIVE_INFINITY } = ill;
    const place = seen++;
    return place >= skip && place < skip + times ? ill.fault : undefined;
  };
  const patience = new Map<string, () => void>();
  const hang = (headers: Headers) => patience.get(tryOf(headers))?.();
  const server = createServer(async (incoming, answer) => {
    const body = Buffer.concat(await incoming.toArray());
    const operation = String(incoming.headers['x-amz-target']).replace(/^.*\./, '');
    const fault = faultOf(operation);
    if (fault === 'throttle') return reply(answer, 400, operation === 'TransactWriteItems' ? CANCELLED : THROTTLED);
    if (fault === 'error') return reply(answer, 500, { __type: 'InternalServerError', message: 'ours' });
    if (fault === 'cut before') return void incoming.socket.destroy();
    if (fault === 'hang before') return hang(incoming.headers);
    const { status, headers, text } = await forward(to, incoming, body);
    if (fault === 'cut after') return void incoming.socket.destroy();
    if (fault === 'hang after') return hang(incoming.headers);
    answer.writeHead(status, headers).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const newClient = (): DynamoDBClient => {
    const client = new DynamoDBClient({ ...atEmulator(endpoint), ...AWS_LIMITS, requestHandler: PATIENT });
    const { requestHandler } = client.config;
    const handle = requestHandler.handle.bind(requestHandler);
    requestHandler.handle = async (request, options) => {
      const giveUp = new AbortController();
      patience.set(tryOf(request.headers), () => giveUp.abort());
      try {
        return await handle(request, { ...options, abortSignal: giveUp.signal });
      } catch (error) {
        throw giveUp.signal.aborted ? Object.assign(new Error('it hangs'), { name: 'TimeoutError' }) : error;
      } finally {
        patience.delete(tryOf(request.headers));
      }
    };
    return client;
  };
  return {
    newClient,
    ail: (what) => {
      [ill, seen] = [what, 0];
    },
    heal: () => {
      ill = undefined;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function reply(answer: ServerResponse, status: number, body: unknown): void {
  answer.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}

/** Passes a request on to an emulator, as it is but for where it goes; and for some headers. */
export async function forward(
  to: string,
  { url = '/', headers, method = 'POST' }: IncomingMessage,
  body: Buffer,
  instead: Headers = {},
) {
  const { host: _host, ...passed } = headers;
  const sent = request(new URL(url, to), { method, headers: { ...passed, ...instead } });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const text = Buffer.concat(await response.toArray());
  return { status: response.statusCode ?? 502, headers: response.headers, text };
}
