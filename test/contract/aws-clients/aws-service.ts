import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as a service got it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * How a service answers one request: `cut` breaks the connection, `cut in its middle` once half of an answer is there,
 * `silence` leaves it open, `half` after half of an answer.
 */
export type Reply =
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  | 'cut'
  | 'cut in its middle'
  | 'half'
  | 'silence';

const give = (response: ServerResponse, reply: Reply | undefined): void => {
  if (reply === 'silence') return;
  if (reply === undefined || reply === 'cut') return void response.socket?.destroy();
  if (reply === 'half' || reply === 'cut in its middle') {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"Name":', () => reply === 'half' || response.socket?.destroy());
    return;
  }
  response.writeHead(reply.status, reply.headers).end(reply.body ?? '{}');
};

/** A service that gives these replies, one after the other, and keeps what it was asked. */
export async function anAwsService(...replies: readonly Reply[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      received.push({ method, path: url, headers, body: Buffer.concat(chunks).toString() });
      give(response, replies[received.length - 1]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const options = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKID', secretAccessKey: SECRET_KEY, sessionToken: 'a token' },
  };
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { options, received, [Symbol.asyncDispose]: close };
}

/** What requests to the service are signed with. */
export const SECRET_KEY = 'a secret key';

/** An exception as AWS answers with it. */
export const failed = (status: number, __type: string, rest: object = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify({ __type, message: 'why', ...rest }),
});
