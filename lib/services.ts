import type { AuditStore } from './audit/audit.ts';
import type { WardenConfig } from './config/config.ts';
import { connectionLimit, type Purpose } from './database/connection-limit.ts';
import type { KillingDatabase } from './database/database.ts';
import { openDatabase } from './database/open-database.ts';
import { AppError } from './errors.ts';
import type { ReaperChat } from './reaper/reaper-chat.ts';
import { type KillCounter, memoryKillCounter } from './sessions/kill/kill-limit.ts';
import { memoryStopStore, type StopStore, type StopSwitch, stopSwitch } from './sessions/kill/stop-switch.ts';
import type { Idempotency } from './state/idempotency.ts';
import type { Target, TargetDirectory } from './targets/credentials.ts';
import { step } from './telemetry/call.ts';

/** What the use cases need from outside. Functions get it from `services()` of deployed-services.ts, a single machine from `local/`. */
export interface Services {
  readonly config: WardenConfig;
  readonly targets: TargetDirectory;
  readonly audit: AuditStore;
  /** Makes a request happen once; where there is no store for it, a request that asks for that is refused. */
  readonly idempotency: Idempotency;
  /** Stops every kill of every kind at once. */
  readonly stopped: StopSwitch;
  /** Where a stop is kept. */
  readonly stops: StopStore;
  /** Counts what each principal ends, for `limits.killsPerMinute`. */
  readonly killCounter: KillCounter;
  /** How reapers, and calls that need an approval, talk to people. @throws AppError `state-unavailable` where nothing is configured for that */
  readonly reaperChat: () => Promise<ReaperChat>;
  /**
   * Opens the one connection of a call, once `limits` leave room for it; kills go first. The caller closes it, whatever
   * happens. The ID goes into the SQL of its kills.
   *
   * @throws AppError `too-many-requests`, the `target-…` family
   */
  readonly open: (target: Target, correlationId?: string, purpose?: Purpose) => Promise<KillingDatabase>;
}

const noIdempotency: Idempotency = {
  once: () => Promise.reject(new AppError('state-unavailable', { detail: 'No store for it is configured.' })),
};

const noReaperChat = (): Promise<ReaperChat> =>
  Promise.reject(new AppError('state-unavailable', { detail: 'No queue for messages is configured.' }));

/** Puts the parts together: the same on Lambda and on one machine. */
export function createServices(
  config: WardenConfig,
  targets: TargetDirectory,
  audit: AuditStore,
  idempotency: Idempotency = noIdempotency,
  stops: StopStore = memoryStopStore(),
  reaperChat: Services['reaperChat'] = noReaperChat,
  killCounter: KillCounter = memoryKillCounter(),
): Services {
  const enter = connectionLimit(config.limits);
  const open: Services['open'] = async (target, correlationId, purpose = 'look') => {
    const leave = await enter(target.name, purpose);
    try {
      const limits = { ...config.timeouts, ca: config.tls.ca };
      const database = await step(
        'connect',
        () => openDatabase(targets, target, limits, correlationId),
        ({ server }) => server.engine,
      );
      const close = database.close.bind(database);
      database.close = () => close().finally(leave);
      return database;
    } catch (error) {
      leave();
      throw error;
    }
  };
  const stopped = stopSwitch(config.stop, stops);
  return { config, targets, audit, idempotency, stopped, stops, killCounter, reaperChat, open };
}
