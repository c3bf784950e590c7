import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as chatWorker from '../../functions/chat-worker.ts';
import { CHAT_ROUTES } from '../../functions/routes.ts';
import * as runCommand from '../../functions/run-command.ts';
import * as receive from '../../functions/wiring/receiver-services.ts';
import type { ChatSecrets } from '../../lib/chatops/channels/channel.ts';
import type { ChannelName } from '../../lib/chatops/channels/channel-names.ts';
import { loadChannel, parseChatSecrets } from '../../lib/chatops/channels/load-channel.ts';
import { type CommandServices, useCasePorts } from '../../lib/chatops/commands/ports.ts';
import { createQuestions, createReaperMessages } from '../../lib/chatops/messages/reaper-messages.ts';
import type { ChatJob } from '../../lib/chatops/worker/hand-over.ts';
import { createPoster } from '../../lib/chatops/worker/poster.ts';
import type { WorkerState } from '../../lib/chatops/worker/work.ts';
import { MAX_RECEIPTS } from '../../lib/fleet/reap-order.ts';
import type { Services } from '../../lib/services.ts';
import { memoryReplayStore } from '../../lib/state/replay-store.ts';
import { memoryRequestStore, type RequestStore } from '../../lib/state/request-store.ts';
import { memoryWarningStore } from '../../lib/state/warning-store.ts';
import type { GatewayRoute } from '../gateway/gateway.ts';
import { cacheDir } from '../kernel/fetch-kernel.ts';
import { loadPlays } from './stand-in.ts';

/**
 * Secrets of this machine's own platforms: made at random the first time, and kept for their owner's eyes only, so that
 * the sender signs with what the gateway verifies. What a newer version can play besides is added. `CHAT_SECRETS_FILE`
 * names another file, which is left as it is once it is there.
 *
 * @throws AppError `configuration-invalid`
 */
export async function devChatSecrets(env: Readonly<NodeJS.ProcessEnv>): Promise<ChatSecrets> {
  const named = env['CHAT_SECRETS_FILE'];
  const file = named || join(cacheDir(env), 'chat-secrets.json');
  if (named && existsSync(file)) return parseChatSecrets(readFileSync(file, 'utf8'));
  const kept: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const made = Object.fromEntries((await loadPlays()).map(({ name, play }) => [name, play.secret()]));
  const secrets = { ...made, ...(typeof kept === 'object' ? kept : {}) };
  const text = JSON.stringify(secrets);
  if (text !== JSON.stringify(kept)) {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode: 0o600 });
  }
  return parseChatSecrets(text);
}

/** What the chat functions of one machine are made of. */
export interface LocalChatOptions {
  readonly load: () => Promise<Services & Partial<CommandServices>>;
  /** Asked for at the first request: a start that fails must leave nothing behind. */
  readonly secrets: () => ChatSecrets | Promise<ChatSecrets>;
  /** How messages leave: to a stand-in for the platforms. */
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds until a message that was not taken is sent again; as the queue on AWS, if not given. */
  readonly againMs?: number;
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
export function createLocalChat({
  load,
  secrets,
  fetch,
  againMs = 150_000,
  state = memoryState(),
}: LocalChatOptions): LocalChat {
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
    poster: createPoster({ fetch, loopback: true }),
    state: async () => state,
    later: (job) => handOver(job),
    runCommand: async (event) => asJson(await run(asJson(event))),
  }));
  const handOver = async (job: ChatJob, receipts = 1): Promise<void> => {
    // After the answer, as on Lambda: whoever waits for the worker inside its three seconds would notice here too.
    setImmediate(() => void worker(asJson(job)).catch(() => again(job, receipts)));
  };
  // It has logged its own failure. What asks for something is never run again.
  const again = (job: ChatJob, receipts: number): void => {
    if (job.do === 'incoming' || receipts >= MAX_RECEIPTS) return;
    setTimeout(() => void handOver(job, receipts + 1), againMs).unref();
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
      isOpen: true,
    })),
    reaperChat: async () => {
      const { config } = await load();
      return {
        warnings: state.warnings,
        messages: createReaperMessages({ config, requests, handOver: (job) => handOver(job) }),
        questions: createQuestions(requests, (job) => handOver(job)),
      };
    },
  };
}

const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value));
