import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { ClientOptions } from '../../../infra/bundling/aws/service-client.ts';

/** One request as a service got it. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How a service answers one request; `cut` breaks the connection, `silence` leaves it open. */
export type Reply =
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  | 'cut'
  | 'silence';

const give = (response: ServerResponse, reply: Reply | undefined): void => {
  if (reply === 'silence') return;
  if (reply === undefined || reply === 'cut') return void response.socket?.destroy();
  response.writeHead(reply.status, reply.headers).end(reply.body ?? '{}');
};

/** A service that gives these replies, one after the other, and keeps what it was asked. */
export async function anAwsService(...replies: readonly Reply[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', headers } = request;
      received.push({ path: url, headers, body: Buffer.concat(chunks).toString() });
      give(response, replies[received.length - 1]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const options: ClientOptions = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'a secret key', sessionToken: 'a token' },
  };
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { options, received, [Symbol.asyncDispose]: close };
}
