import { type AuditOutcome, type AuditRecord, type AuditStore, type Intent, isOpen } from '../../lib/audit/audit.ts';
import { AppError } from '../../lib/errors.ts';
import type { Call, Judge } from './judge.ts';
import type { Seen } from './rows.ts';
import type { World } from './world.ts';

interface Written {
  record: AuditRecord;
  readonly call: Call;
  /** Who is meant, where a look has shown it. */
  readonly meant: Seen | undefined;
}

/** What the audit store does wrong, to take one fix back. */
export interface Leaks {
  /** It takes outcomes, and forgets them. */
  readonly outcomes?: boolean;
  /** It does not tell of those that are pending. */
  readonly pending?: boolean;
  /** It gives IDs for intents and writes none. */
  readonly intents?: boolean;
}

/** The audit store as it truly is, whoever calls it. */
export class Audit {
  readonly written: Written[] = [];
  readonly #world: World;
  readonly #judge: Judge;
  readonly #leaks: Leaks;

  constructor(world: World, judge: Judge, leaks: Leaks) {
    this.#world = world;
    this.#judge = judge;
    this.#leaks = leaks;
    judge.hasIntent = (call, { session }, kind) =>
      this.written.some(
        ({ record, call: by }) =>
          by === call && record.sessionId === session.id && record.kind === kind && record.outcome === null,
      );
  }

  get open(): readonly AuditRecord[] {
    return this.written.map(({ record }) => record).filter(isOpen);
  }

  /** The store as one call sees it: each request takes two turns, may fail before or after it was carried out, and many may be torn. */
  seenBy(call: Call): AuditStore {
    const world = this.#world;
    const { seed, weather, scheduler } = world;
    const fails = (): boolean => weather.losses > 0 && seed.oneIn(weather.losses * 2);
    const unavailable = (): never => {
      world.say(() => `${call.name}: the audit store fails`);
      throw new AppError('audit-unavailable');
    };
    const through = async <Result>(work: () => Result): Promise<Result> => {
      await scheduler.turn(call.name);
      if (fails()) unavailable();
      const result = work();
      await scheduler.turn(call.name);
      if (fails()) unavailable();
      return result;
    };
    const write = (intent: Intent): string => {
      const id = String(this.written.length + 1).padStart(6, '0');
      const at = new Date(world.now).toISOString();
      if (!this.#leaks.intents)
        this.written.push({
          record: { ...intent, id, at, outcome: null, proven: false, detail: null, outcomeAt: null },
          call,
          meant: intent.sessionId === null ? undefined : call.looks.get(intent.sessionId),
        });
      world.say(() => `${call.name} records intent ${id}: ${intent.kind} ${intent.sessionId}`);
      return id;
    };
    const close = (id: string, outcome: AuditOutcome): boolean => {
      if (this.#leaks.outcomes || this.#leaks.intents) return true;
      const written = this.written.find(({ record }) => record.id === id && isOpen(record));
      if (written === undefined) return false;
      written.record = { ...written.record, ...outcome, outcomeAt: new Date(world.now).toISOString() };
      world.say(() => `${call.name} records ${id}: ${outcome.outcome}${outcome.proven ? ', proven' : ''}`);
      // A tag that was refused was not the one of the session that the record shows: another demand of the call may end that.
      const isAnEnd = !['kept', 'approved', 'shown'].includes(outcome.outcome) && !outcome.detail?.startsWith('tag-');
      if (isAnEnd && written.meant !== undefined)
        this.#judge.recorded(written.record, outcome, written.meant, written.call.hits);
      return true;
    };
    return {
      begin: (intent) => through(() => write(intent)),
      note: (intent, outcome) =>
        through(() => {
          const id = write(intent);
          close(id, outcome);
          return id;
        }),
      beginAll: (intents) =>
        through(() => {
          // A torn write: some are there, and the call fails.
          if (intents.length > 1 && fails()) {
            intents.slice(0, seed.below(intents.length)).forEach(write);
            unavailable();
          }
          return intents.map(write);
        }),
      finish: (id, outcome) =>
        through(() => {
          if (!close(id, outcome)) throw new AppError('audit-unavailable');
        }),
      finishAll: (outcomes) =>
        through(() => [...outcomes].flatMap(([id, outcome]) => (!fails() && close(id, outcome) ? [] : [id]))),
      open: ({ before, limit, after = '' }) =>
        through(() =>
          this.open
            .filter(({ at, id }) => at < before && id > after)
            .filter(({ outcome }) => !this.#leaks.pending || outcome === null)
            .slice(0, limit),
        ),
      list: async () => [],
    };
  }
}

/** A store as one call sees it: each request takes two turns, and may fail before or after it was carried out. */
export function withTurns<Store extends object>(store: Store, world: World, call: Call): Store {
  const { seed, weather, scheduler } = world;
  const fails = (): boolean => weather.losses > 0 && seed.oneIn(weather.losses * 2);
  const unavailable = (): never => {
    world.say(() => `${call.name}: the state store fails`);
    throw new AppError('state-unavailable');
  };
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...given: unknown[]): Promise<unknown> => {
        await scheduler.turn(call.name);
        if (fails()) unavailable();
        const result: unknown = await method.apply(target, given);
        await scheduler.turn(call.name);
        if (fails()) unavailable();
        return result;
      };
    },
  });
}
