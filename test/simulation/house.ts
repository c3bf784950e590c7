import type { CommandServices } from '../../lib/chatops/commands/ports.ts';
import { useCasePorts } from '../../lib/chatops/commands/ports.ts';
import type { WardenConfig } from '../../lib/config/config.ts';
import { AppError } from '../../lib/errors.ts';
import type { FleetServices } from '../../lib/fleet/work-batch.ts';
import type { VictimToWarn, WarningToPost } from '../../lib/reaper/reaper-chat.ts';
import type { Services } from '../../lib/services.ts';
import { memoryKillCounter } from '../../lib/sessions/kill/kill-limit.ts';
import { memoryStopStore } from '../../lib/sessions/kill/stop-switch.ts';
import { memoryRequestStore, type RequestStore } from '../../lib/state/request-store.ts';
import { memoryWarningStore, type WarningStore } from '../../lib/state/warning-store.ts';
import type { Break } from './breaks.ts';
import { simulatedDatabase } from './database.ts';
import { type Call, Judge } from './judge.ts';
import { Rows } from './rows.ts';
import { Audit, withTurns } from './stores.ts';
import type { World } from './world.ts';

const NO_IDEMPOTENCY: Services['idempotency'] = { once: () => Promise.reject(new AppError('state-unavailable')) };
const TARGETS: Services['targets'] = {
  list: async () => [{ name: TARGET }],
  find: async (name) => ({ name }),
  candidates: async function* () {},
};

/** The one target of all stories. */
export const TARGET = 'shop';

/** Everything that functions share: stores, the stop switch, what was posted. */
export class House {
  readonly world: World;
  readonly rows: Rows;
  readonly judge: Judge;
  readonly audit: Audit;
  readonly config: WardenConfig;
  readonly warnings: WarningStore;
  readonly requests: RequestStore;
  /** Warnings that the queue has taken over. */
  readonly posted: WarningToPost[] = [];
  /** Whom people were told of. */
  readonly shown: VictimToWarn[] = [];
  readonly toldAt = new Map<string, number>();
  readonly keptUntil = new Map<string, number>();
  readonly #killCounter = memoryKillCounter();
  readonly #breaks: Break;
  #connections = 0;

  constructor(world: World, config: WardenConfig, breaks: Break) {
    this.world = world;
    this.config = config;
    this.rows = new Rows(world, breaks.blind ?? {});
    this.judge = new Judge(world, this.rows);
    this.judge.requiresTags = config.requireTags;
    this.audit = new Audit(world, this.judge, breaks.leaks ?? {});
    this.warnings = this.#followed(breaks.warnings?.(memoryWarningStore()) ?? memoryWarningStore());
    this.requests = breaks.requests?.(memoryRequestStore()) ?? memoryRequestStore();
    this.#breaks = breaks;
  }

  /** A store of warnings, and on the way what truly became of each: told when, kept until when. */
  #followed(store: WarningStore): WarningStore {
    return {
      ...store,
      ask: async (name, ...given) => {
        const isAsked = await store.ask(name, ...given);
        if (isAsked) this.toldAt.delete(name);
        return isAsked;
      },
      told: async (name, askedAt, at) => {
        await store.told(name, askedAt, at);
        this.toldAt.set(name, at);
      },
      keep: async (name, wish) => {
        const keeping = await store.keep(name, wish);
        if (keeping.end === 'kept') this.keptUntil.set(name, wish.until);
        return keeping;
      },
    };
  }

  /** What one function of one call gets. */
  servicesFor(call: Call): FleetServices & CommandServices {
    const { world, judge, config } = this;
    const { scheduler, seed, weather } = world;
    const ask = async (): Promise<boolean> => {
      await scheduler.turn(call.name);
      const isStopped = judge.asks(call);
      await scheduler.turn(call.name);
      call.asked.at = world.now;
      return isStopped;
    };
    const open: Services['open'] = async (_, __, purpose) => {
      if (purpose === 'kill') judge.opensToKill(call);
      await scheduler.turn(call.name);
      if (weather.losses > 0 && seed.oneIn(weather.losses)) throw new AppError('target-unreachable');
      const ownId = String(900 + ++this.#connections);
      return simulatedDatabase(world, this.rows, judge, call, this.#breaks, ownId);
    };
    const messages = {
      warn: async (warning: WarningToPost): Promise<void> => {
        await scheduler.turn(call.name);
        if (weather.losses > 0 && seed.oneIn(weather.losses)) throw new AppError('state-unavailable');
        this.posted.push(warning);
      },
      report: async (): Promise<void> => {},
      send: async (): Promise<void> => {},
    };
    const services = {
      config,
      targets: TARGETS,
      audit: this.audit.seenBy(call),
      idempotency: NO_IDEMPOTENCY,
      stops: memoryStopStore(),
      stopped: this.#breaks.stopped?.(ask) ?? ask,
      killCounter: this.#killCounter,
      reaperChat: async () => ({
        warnings: withTurns(this.warnings, world, call),
        messages,
        questions: { requests: withTurns(this.requests, world, call), post: async () => {} },
      }),
      open,
      queue: { send: async () => {}, hide: async () => {}, done: async () => {} },
      requests: withTurns(this.requests, world, call),
      now: () => world.now,
    };
    return { ...services, ...useCasePorts(services) };
  }
}
