import { AppError } from '../../lib/errors.ts';
import type { Services } from '../../lib/services.ts';
import { isAsleep, type Session } from '../../lib/sessions/session.ts';
import type { Clock } from './schedule.ts';

/** How a target was when it was looked at last. */
export interface Seen {
  /** ISO 8601. */
  readonly at: string;
  /** Why it could not be reached: a code; `null` where it could. */
  readonly problem: string | null;
  /** Our own not counted. Left out where the target could not be reached. */
  readonly sessions?: { readonly asleep: number; readonly active: number };
  /** `null` where the server does not say. */
  readonly connections?: { readonly used: number; readonly most: number } | null;
}

/** The last look at each target. */
export interface TargetWatch {
  readonly seen: ReadonlyMap<string, Seen>;
  /** Looks at all now. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

const EVERY_MS = 60_000;

async function lookAt(services: Services, name: string, at: string): Promise<Seen> {
  try {
    const database = await services.open({ name });
    try {
      const { ownId } = database.server;
      const others = (await database.list()).filter(({ id }: Session) => id !== ownId);
      const asleep = others.filter(({ command }) => isAsleep(command)).length;
      const limit = await database.connections();
      // Where the limit counts what the list shows, we are one of them.
      const connections = limit && { most: limit.most, used: limit.used ?? others.length + 1 };
      return { at, problem: null, sessions: { asleep, active: others.length - asleep }, connections };
    } finally {
      await database.close();
    }
  } catch (error) {
    return { at, problem: error instanceof AppError ? error.code : 'internal' };
  }
}

/** Looks at every target now and then each minute, over one connection each, for whoever asks how they are. */
export function watchTargets(services: Services, names: readonly string[], clock: Clock): TargetWatch {
  const ending = new AbortController();
  const seen = new Map<string, Seen>();
  const look = async (): Promise<void> => {
    const at = new Date(clock.now()).toISOString();
    await Promise.all(names.map(async (name) => seen.set(name, await lookAt(services, name, at))));
  };
  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await look();
      await clock.until(clock.now() + EVERY_MS, ending.signal);
    }
  };
  const ended = loop();
  return {
    seen,
    look,
    stop: async () => {
      ending.abort();
      await ended;
    },
  };
}
