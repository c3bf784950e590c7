import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request as requestHttps } from 'node:https';
import { sign } from 'aws4';

/** Whose keys a request is signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** One request to AWS, still unsigned. */
export interface AwsRequest {
  readonly service: string;
  readonly region: string;
  readonly endpoint: URL;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds until the whole answer must be there; as long as it takes if not given. */
  readonly limitMs: number | undefined;
}

/** What came back, whatever its status. */
export interface AwsResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const agent = new Agent({ keepAlive: true });

/** Signs a request (Signature Version 4) and sends it once, over a connection that is kept. Rejects where no whole answer came in time. */
export async function sendRequest(
  { service, region, endpoint, path, headers, body, limitMs }: AwsRequest,
  credentials: Credentials,
): Promise<AwsResponse> {
  const { hostname, host, port, protocol, pathname } = endpoint;
  const fullPath = pathname.replace(/\/$/, '') + path;
  const signed = sign(
    { service, region, method: 'POST', path: fullPath, body, headers: { ...headers, Host: host } },
    { ...credentials, sessionToken: credentials.sessionToken ?? '' },
  );
  const options = { method: 'POST', path: fullPath, hostname, port, headers: signed.headers };
  // Importing node:http makes Node read all that it exports, its WebSocket with the whole of fetch among it, in 25 ms; an
  // endpoint without TLS is an emulator's.
  const request: ClientRequest =
    protocol === 'http:' ? process.getBuiltinModule('node:http').request(options) : requestHttps({ ...options, agent });
  const { promise, resolve, reject } = Promise.withResolvers<AwsResponse>();
  const giveUp = () => {
    reject(Object.assign(new Error(`no answer within ${limitMs} ms`), { name: 'TimeoutError' }));
    request.destroy();
  };
  const timer = limitMs === undefined ? undefined : setTimeout(giveUp, limitMs);
  request.on('error', reject);
  request.once('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.once('end', () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
    );
  });
  request.end(body);
  return promise.finally(() => clearTimeout(timer));
}
