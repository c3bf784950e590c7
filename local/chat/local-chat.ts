import * as alert from '../../functions/alert.ts';
import * as chatWorker from '../../functions/chat-worker.ts';
import * as dingtalk from '../../functions/dingtalk.ts';
import * as feishu from '../../functions/feishu.ts';
import { CHAT_ROUTES } from '../../functions/routes.ts';
import * as runCommand from '../../functions/run-command.ts';
import * as slack from '../../functions/slack.ts';
import * as webhook from '../../functions/webhook.ts';
import type { ChatJob } from '../../lib/chatops/job.ts';
import type { CommandServices } from '../../lib/chatops/ports.ts';
import { createPoster } from '../../lib/chatops/poster.ts';
import type { ChatSecrets } from '../../lib/chatops/secrets.ts';
import { memoryReplayStore } from '../../lib/chatops/stores/replay-store.ts';
import { memoryRequestStore } from '../../lib/chatops/stores/request-store.ts';
import { useCasePorts } from '../../lib/chatops/use-case-ports.ts';
import type { Services } from '../../lib/services.ts';
import type { GatewayRoute } from '../gateway.ts';

const FUNCTIONS = { slack, feishu, dingtalk, webhook, alert };

/** What the chat functions of one machine are made of. */
export interface LocalChatOptions {
  readonly load: () => Promise<Services & Partial<CommandServices>>;
  /** Asked for at the first request: a start that fails must leave nothing behind. */
  readonly secrets: () => ChatSecrets;
  /** How messages leave: to a stand-in for the platforms. */
  readonly fetch: typeof globalThis.fetch;
}

/**
 * The chat functions as the gateway's routes: the same handlers as on Lambda, each event as JSON in between, and memory
 * in place of the state table.
 */
export function localChatRoutes({ load, secrets, fetch }: LocalChatOptions): readonly GatewayRoute[] {
  let read: ChatSecrets | undefined;
  const known = (): ChatSecrets => {
    read ??= secrets();
    return read;
  };
  const requests = memoryRequestStore();
  const commandServices = async (): Promise<CommandServices> => {
    const base = await load();
    return { requests, now: Date.now, ...useCasePorts(base), ...base };
  };
  const run = runCommand.createHandler(commandServices);
  const worker = chatWorker.createHandler(async () => ({
    config: (await load()).config,
    secrets: known(),
    poster: createPoster({ fetch }),
    runCommand: async (event) => asJson(await run(asJson(event))),
  }));
  const handOver = async (job: ChatJob): Promise<void> => {
    // It logs its own failure. After the answer, as on Lambda: whoever waits for the worker inside its three seconds would notice here too.
    setImmediate(() => void worker(asJson(job)).catch(() => {}));
  };
  const replays = memoryReplayStore();
  const receiver = async () => ({ secrets: known(), replays, handOver, now: () => new Date() });
  return CHAT_ROUTES.map((route) => ({ ...route, handler: FUNCTIONS[route.name].createHandler(receiver) }));
}

const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value));
