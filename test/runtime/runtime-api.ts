import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What a function made of an event. */
export type Outcome =
  | { readonly answer: unknown }
  | { readonly error: { readonly errorType?: string; readonly errorMessage?: string } };

const VERSION = '/2018-06-01/runtime';

/**
 * Lambda's Runtime API for one function: hands it events one after the other, and takes what it answers.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function startRuntimeApi(seconds: number) {
  let waiting: ServerResponse | undefined;
  const queue: { readonly id: string; readonly event: unknown; readonly settle: (outcome: Outcome) => void }[] = [];
  const running = new Map<string, (outcome: Outcome) => void>();

  const handOut = (): void => {
    const next = waiting === undefined ? undefined : queue.shift();
    if (waiting === undefined || next === undefined) return;
    running.set(next.id, next.settle);
    waiting.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': next.id,
      'lambda-runtime-deadline-ms': String(Date.now() + seconds * 1000),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:123456789012:function:under-test',
      'lambda-runtime-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0',
    });
    waiting.end(JSON.stringify(next.event));
    waiting = undefined;
  };
  const fail = (outcome: Outcome): void => {
    for (const settle of running.values()) settle(outcome);
    for (const { settle } of queue.splice(0)) settle(outcome);
    running.clear();
  };
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    if (path === `${VERSION}/invocation/next`) {
      waiting = response;
      return handOut();
    }
    const body: unknown = JSON.parse((await text(request)) || 'null');
    response.writeHead(202).end('{}');
    const [, id = '', what] = /invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (path === `${VERSION}/init/error`) return fail({ error: body as object });
    running.get(id)?.(what === 'response' ? { answer: body } : { error: body as object });
    running.delete(id);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    invoke: (event: unknown): Promise<Outcome> =>
      new Promise((settle) => {
        queue.push({ id: randomUUID(), event, settle });
        handOut();
      }),
    /** Every event that is open ends with this. */
    fail,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
