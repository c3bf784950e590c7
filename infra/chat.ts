import { basename, join } from 'node:path';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Plugin } from 'esbuild';
import { CHAT_ROUTES } from '../functions/routes.ts';
import type { FunctionName } from './function-table.ts';
import { keepFailures } from './monitoring/watch.ts';
import type { ApiRoute } from './network/http-api.ts';
import { allow } from './permissions/grant.ts';

/** What chats are wired with. */
export interface ChatWiring {
  readonly make: (name: FunctionName) => LambdaFunction;
  /** Those that have a secret. */
  readonly channels: ReadonlySet<string>;
  readonly queue: IQueue;
  readonly failedEvents: IQueue;
  readonly encryptionKey: IKey;
}

/**
 * The functions of chats and their routes: receivers outside the VPC call the worker, the worker calls `run-command`
 * inside, and what runs inside writes to the worker by the queue.
 */
export function wireChats({ make, channels, queue, failedEvents, encryptionKey }: ChatWiring): readonly ApiRoute[] {
  const runCommand = make('run-command');
  const worker = make('chat-worker');
  mayInvoke(worker, runCommand, 'RUN_COMMAND_FUNCTION');
  keepFailures(worker, failedEvents, encryptionKey);
  const mapping = worker.addEventSourceMapping('Jobs', {
    eventSourceArn: queue.queueArn,
    batchSize: 10,
    reportBatchItemFailures: true,
    maxConcurrency: 5,
  });
  if (worker.role !== undefined) mapping.node.addDependency(worker.role);
  return CHAT_ROUTES.filter(({ name }) => channels.has(name)).map(({ method, path, name }) => {
    const target = make(name);
    mayInvoke(target, worker, 'CHAT_WORKER_FUNCTION');
    const reason = 'The platform signs each request, and the function verifies it; no platform can bring a token.';
    return { method, path, target, anonymous: true, reason };
  });
}

function mayInvoke(caller: LambdaFunction, called: LambdaFunction, variable: string): void {
  caller.addToRolePolicy(allow(['lambda:InvokeFunction'], [called.functionArn]));
  caller.addEnvironment(variable, called.functionName);
}

const FUNCTIONS = join(import.meta.dirname, '../functions');

/** What Lambda calls for a channel. By path and not by the table of channels, which would bring the others. */
const sourceOf = (name: string): string =>
  `import { channel } from '../lib/chatops/channels/${name}/channel.ts';
import { createHandler } from './wiring/receiver-services.ts';
export const handler = createHandler(channel);`;

/** Makes `functions/<channel>.ts` while it bundles: one for each channel of the table, so that none has to be written. */
export const receivers: Plugin = {
  name: 'receivers',
  setup(build) {
    const names = CHAT_ROUTES.map(({ name }) => name).join('|');
    build.onResolve({ filter: new RegExp(`/functions/(?:${names})\\.ts$`) }, ({ path }) => ({
      path: join(FUNCTIONS, basename(path)),
    }));
    build.onLoad({ filter: new RegExp(`/functions/(?:${names})\\.ts$`) }, ({ path }) => ({
      contents: sourceOf(basename(path, '.ts')),
      loader: 'ts',
      resolveDir: FUNCTIONS,
    }));
  },
};
