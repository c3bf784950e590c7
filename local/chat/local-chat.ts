import * as chatWorker from '../../functions/chat-worker.ts';
import * as receive from '../../functions/receive.ts';
import { CHAT_ROUTES } from '../../functions/routes.ts';
import * as runCommand from '../../functions/run-command.ts';
import type { ChannelName } from '../../lib/chatops/channel-names.ts';
import type { ChatJob } from '../../lib/chatops/job.ts';
import { loadChannel } from '../../lib/chatops/load-channel.ts';
import type { CommandServices } from '../../lib/chatops/ports.ts';
import { createPoster } from '../../lib/chatops/poster.ts';
import { createReaperMessages } from '../../lib/chatops/reaper-messages.ts';
import type { ChatSecrets } from '../../lib/chatops/secrets.ts';
import { memoryReplayStore } from '../../lib/chatops/stores/replay-store.ts';
import { memoryRequestStore, type RequestStore } from '../../lib/chatops/stores/request-store.ts';
import { useCasePorts } from '../../lib/chatops/use-case-ports.ts';
import type { WorkerState } from '../../lib/chatops/work.ts';
import { memoryWarningStore } from '../../lib/reaper/warn/memory-warning-store.ts';
import type { Services } from '../../lib/services.ts';
import type { GatewayRoute } from '../gateway.ts';

/** What the chat functions of one machine are made of. */
export interface LocalChatOptions {
  readonly load: () => Promise<Services & Partial<CommandServices>>;
  /** Asked for at the first request: a start that fails must leave nothing behind. */
  readonly secrets: () => ChatSecrets | Promise<ChatSecrets>;
  /** How messages leave: to a stand-in for the platforms. */
  readonly fetch: typeof globalThis.fetch;
  /** Memory of this process, unless told. */
  readonly state?: LocalChatState;
}

/** What stands in the state table on AWS. */
export interface LocalChatState extends WorkerState {
  readonly requests: RequestStore;
}

const memoryState = (): LocalChatState => ({
  requests: memoryRequestStore(),
  replays: memoryReplayStore(),
  warnings: memoryWarningStore(),
});

/** The chat functions of one machine, and how its reapers talk to people. */
export interface LocalChat {
  readonly routes: readonly GatewayRoute[];
  readonly reaperChat: Services['reaperChat'];
}

/**
 * The chat functions as the gateway's routes: the same handlers as on Lambda, each event as JSON in between, and memory
 * in place of the state table and the queue.
 */
export function createLocalChat({ load, secrets, fetch, state = memoryState() }: LocalChatOptions): LocalChat {
  let read: ReturnType<typeof secrets> | undefined;
  const known = async (): Promise<ChatSecrets> => {
    read ??= secrets();
    return read;
  };
  const { requests, replays } = state;
  const commandServices = async (): Promise<CommandServices> => {
    const base = await load();
    return { requests, now: Date.now, ...useCasePorts(base), ...base };
  };
  const run = runCommand.createHandler(commandServices);
  const worker = chatWorker.createHandler(async () => ({
    config: (await load()).config,
    secrets: await known(),
    poster: createPoster({ fetch }),
    state: async () => state,
    later: handOver,
    runCommand: async (event) => asJson(await run(asJson(event))),
  }));
  const handOver = async (job: ChatJob): Promise<void> => {
    // It logs its own failure. After the answer, as on Lambda: whoever waits for the worker inside its three seconds would notice here too.
    setImmediate(() => void worker(asJson(job)).catch(() => {}));
  };
  const receiver = async () => ({ secrets: await known(), replays, handOver, now: () => new Date() });
  const receiving = (name: ChannelName): GatewayRoute['handler'] => {
    let made: Promise<GatewayRoute['handler']> | undefined;
    return async (event, context) => {
      made ??= loadChannel(name).then((channel) => receive.createHandler(channel, receiver));
      return (await made)(event, context);
    };
  };
  return {
    routes: CHAT_ROUTES.map((route) => ({
      ...route,
      handler: receiving(route.name),
      isSigned: true,
    })),
    reaperChat: async () => {
      const { config } = await load();
      return { warnings: state.warnings, messages: createReaperMessages({ config, requests, handOver }) };
    },
  };
}

const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value));
