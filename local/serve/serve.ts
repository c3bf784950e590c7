import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { sweepAudit } from '../../lib/audit/sweep.ts';
import type { ChatSecrets } from '../../lib/chatops/channels/channel.ts';
import { parseChatSecrets } from '../../lib/chatops/channels/load-channel.ts';
import type { WardenConfig } from '../../lib/config/config.ts';
import { AppError } from '../../lib/errors.ts';
import { finished, json } from '../../lib/http/answer.ts';
import type { Services } from '../../lib/services.ts';
import { memoryReplayStore } from '../../lib/state/replay-store.ts';
import { memoryRequestStore } from '../../lib/state/request-store.ts';
import { memoryWarningStore } from '../../lib/state/warning-store.ts';
import { logFailure } from '../../lib/telemetry/log.ts';
import { observe } from '../../lib/telemetry/observe.ts';
import { publish } from '../../lib/telemetry/samples.ts';
import { createLocalChat, type LocalChat } from '../chat/local-chat.ts';
import { createGateway, type GatewayRoute } from '../gateway/gateway.ts';
import { consoleRoutes, loadRoutes } from '../gateway/load-routes.ts';
import { createLocalServices } from '../services.ts';
import { type Address, type Endings, listen } from '../serving.ts';
import { type LocalStores, openAuditStore } from '../stores/audit-store.ts';
import { keepMetrics, type Seen, watchTargets } from './metrics.ts';
import { type Clock, keepSchedule, type Schedule, systemClock } from './schedule.ts';

/** What one machine serves. */
export interface ServeOptions {
  readonly config: WardenConfig;
  /** URLs by name. */
  readonly targets: ReadonlyMap<string, string>;
  /** The file of the record, and of what else must outlive the process. */
  readonly audit: string;
  readonly token: string;
  readonly address: Address;
  /** The secrets of chats; without them there are none. */
  readonly chatSecrets?: ChatSecrets;
  /** How messages reach the chats' platforms. */
  readonly fetch?: typeof globalThis.fetch;
  readonly clock?: Clock;
  /**
   * Seconds after which an open record is nobody's any more. Longer than a handler runs, so that no kill of another process
   * on the same file is swept under its hands; 30 if not given.
   */
  readonly settledAfter?: number;
}

/** A machine that serves. */
export interface Served {
  readonly port: number;
  readonly services: Services;
  readonly schedule: Schedule;
}

const SWEEP_MS = 300_000;
/** The latest that requests on their way have their answers. */
const DRAIN_MS = 30_000;

/** The secrets in the file that `CHAT_SECRETS_FILE` names. @throws AppError `configuration-invalid` */
export function chatSecretsFrom(env: Readonly<NodeJS.ProcessEnv>): ChatSecrets | undefined {
  const { CHAT_SECRETS_FILE: file } = env;
  if (!file) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('configuration-invalid', { detail: 'CHAT_SECRETS_FILE: the file cannot be read.', cause });
  }
  return parseChatSecrets(text);
}

/**
 * Serves the API and chats of a deployment on one machine, runs its reapers on their schedule in the mode that each rule
 * says, and sweeps its record: what a function in AWS would be started for.
 *
 * @param endings - end it all, the last begun first
 * @throws AppError `audit-unavailable`, `configuration-invalid`; Refusal where it cannot listen
 */
export async function serve(options: ServeOptions, endings: Endings): Promise<Served> {
  const { config, targets, token, address, clock = systemClock } = options;
  mustKnowReceivers(options);
  mustKnowPlaces(options);
  // The product counts for whoever asks here, and not for CloudWatch.
  process.env['POWERTOOLS_METRICS_DISABLED'] = 'false';
  const stores = openAuditStore(options.audit);
  endings.add(() => stores.close());
  const ready = Promise.withResolvers<Services>();
  ready.promise.catch(() => {}); // whoever waits for it is told; at a failed start nobody may wait
  const chat = chatOf(options, stores, () => ready.promise);
  const services = createLocalServices(config, targets, stores, chat?.reaperChat);
  ready.resolve(services);
  const watch = watchTargets(services, [...targets.keys()], clock);
  endings.add(() => watch.stop());
  const routes = [
    ...(await loadRoutes(() => ready.promise)),
    ...(await consoleRoutes()),
    ...(chat?.routes ?? []),
    ...statusRoutes(() => watch.seen),
  ];
  const server = createGateway(routes, token, 'network');
  await listen(server, address, '--listen 127.0.0.1:8788');
  endings.add(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    await closed;
    clearTimeout(late);
  });
  const sweeping = keepSweeping(services, clock, options.settledAfter ?? 30, () => endings.begun);
  endings.add(() => sweeping.stop());
  const schedule = keepSchedule(services, clock);
  endings.add(() => schedule.stop());
  const bound = server.address();
  return { port: typeof bound === 'object' && bound !== null ? bound.port : address.port, services, schedule };
}

/** Whoever replaced a script by `onEnd` must not find out after the first kill that nobody was told. */
function mustKnowReceivers({ config, chatSecrets }: ServeOptions): void {
  for (const { name, onEnd } of config.reapers) {
    const receiver = chatSecrets?.webhook?.[onEnd?.slice(onEnd.indexOf(':') + 1) ?? ''];
    if (onEnd !== undefined && typeof receiver !== 'object')
      throw new AppError('configuration-invalid', {
        detail: `reaper ${name}: ${onEnd} is no receiver in CHAT_SECRETS_FILE, { "webhook": { NAME: { "url", "secret" } } }.`,
      });
  }
}

const placesSchema = z.object({ places: z.optional(z.record(z.string(), z.string())) });

/** A question, a warning or an alert that no one would see is told at the start, not when it is asked. */
function mustKnowPlaces({ config: { chat, reapers }, chatSecrets }: ServeOptions): void {
  const named = [
    { field: 'chat.approvals', place: chat.approvals },
    ...Object.entries(chat.alerts).map(([name, { post }]) => ({ field: `chat.alerts.${name}.post`, place: post })),
    ...reapers.flatMap(({ name, warn, report }) => [
      { field: `reaper ${name}: warn.channel`, place: warn?.channel },
      { field: `reaper ${name}: report`, place: report },
    ]),
  ];
  const parts: Readonly<Record<string, unknown>> = { ...chatSecrets };
  for (const { field, place } of named) {
    if (place === undefined) continue;
    const [channel = '', name = ''] = place.split(':');
    const { places = {} } = z.safeParse(placesSchema, parts[channel]).data ?? {};
    if (!Object.hasOwn(places, name))
      throw new AppError('configuration-invalid', {
        detail: `${field}: ${place} is no place in CHAT_SECRETS_FILE, { "${channel}": { "places": { "${name}": … } } }.`,
      });
  }
}

/** Chats with state that outlives the process, so that whoever was warned is still warned after a restart. */
function chatOf(
  { chatSecrets, fetch = globalThis.fetch }: ServeOptions,
  stores: LocalStores,
  load: () => Promise<Services>,
): LocalChat | undefined {
  if (chatSecrets === undefined) return undefined;
  const state = {
    requests: memoryRequestStore(Date.now, stores.kept('request')),
    replays: memoryReplayStore(Date.now, stores.kept('replay')),
    warnings: memoryWarningStore(Date.now, stores.kept('warning')),
  };
  return createLocalChat({ load, secrets: () => chatSecrets, fetch, state });
}

/** Looks after records that were left open: at the start, once whoever began them must be gone, and every five minutes. */
function keepSweeping(services: Services, clock: Clock, olderThan: number, isOver: () => boolean) {
  const ending = new AbortController();
  const sweep = (): Promise<unknown> =>
    observe('sweep', () => sweepAudit(services, { olderThan, isOver })).catch((error: unknown) =>
      logFailure(error, 'sweep'),
    );
  const loop = async (): Promise<void> => {
    await sweep();
    await clock.until(clock.now() + (olderThan + 5) * 1000, ending.signal);
    while (!ending.signal.aborted) {
      await sweep();
      await clock.until(clock.now() + SWEEP_MS, ending.signal);
    }
  };
  const ended = loop();
  return {
    stop: async () => {
      ending.abort();
      await ended;
    },
  };
}

/** Whether it is up, for whoever keeps it up; how the targets are, for Prometheus. */
function statusRoutes(seen: () => ReadonlyMap<string, Seen>): readonly GatewayRoute[] {
  const registry = keepMetrics(seen);
  return [
    {
      method: 'GET',
      path: '/healthz',
      name: 'healthz',
      // Without a token it names no target.
      isOpen: true,
      handler: async (_event, { awsRequestId }) => {
        const all = [...seen().values()];
        const reachable = all.filter(({ problem }) => problem === null).length;
        return finished(json(200, { status: 'up', targets: { seen: all.length, reachable } }), awsRequestId);
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      name: 'metrics',
      handler: async (_event, { awsRequestId }) => {
        // What was measured since the last call ended is there too.
        await publish();
        const body = await registry.metrics();
        return finished({ statusCode: 200, headers: { 'content-type': registry.contentType }, body }, awsRequestId);
      },
    },
  ];
}
