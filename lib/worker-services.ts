import { once, readChatSecrets } from './chat-environment.ts';
import { createPoster } from './chatops/poster.ts';
import type { WorkerServices } from './chatops/work.ts';
import { AppError } from './errors.ts';
import { type Env, named } from './function-environment.ts';
import { loadConfig } from './load-config.ts';

async function loadWorker(env: Env): Promise<WorkerServices> {
  const [secrets, config, { LambdaClient, InvokeCommand }] = await Promise.all([
    readChatSecrets(env),
    loadConfig(env),
    import('@aws-sdk/client-lambda'),
  ]);
  const lambda = new LambdaClient({});
  const FunctionName = named(env, 'RUN_COMMAND_FUNCTION');
  return {
    config,
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
