import { readFile } from 'node:fs/promises';
import { type Env, named, once, readChatSecrets } from './chat-environment.ts';
import { createPoster } from './chatops/poster.ts';
import type { WorkerServices } from './chatops/work.ts';
import { AppError } from './errors.ts';

async function loadWorker(env: Env): Promise<WorkerServices> {
  const file = env['WARDEN_CONFIG'] ?? 'warden.yaml';
  const [secrets, text, { LambdaClient, InvokeCommand }, { parseConfig }] = await Promise.all([
    readChatSecrets(env),
    readFile(file, 'utf8'),
    import('@aws-sdk/client-lambda'),
    import('./config.ts'),
  ]);
  const lambda = new LambdaClient({});
  const FunctionName = named(env, 'RUN_COMMAND_FUNCTION');
  return {
    config: parseConfig(text, file),
    secrets,
    poster: createPoster(),
    runCommand: async (event) => {
      const { Payload, FunctionError } = await lambda.send(
        new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
      );
      if (FunctionError !== undefined || Payload === undefined) throw new AppError('internal');
      return JSON.parse(Buffer.from(Payload).toString('utf8'));
    },
  };
}

/** What the worker needs, from `CHAT_SECRET`, `WARDEN_CONFIG` and `RUN_COMMAND_FUNCTION`. @throws AppError `configuration-invalid`, `credentials-unavailable` */
export const workerServices = once(loadWorker);
