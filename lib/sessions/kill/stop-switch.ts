import type { Named } from '../../audit/audit.ts';
import { AppError } from '../../errors.ts';

/** Tells whether every kill of every kind is stopped: asked again before each. */
export type StopSwitch = () => Promise<boolean>;

/** Every kill is stopped: by whom, why, and since when (ISO 8601 in UTC). */
export interface Stop {
  readonly by: Named;
  readonly reason: string;
  readonly since: string;
}

/** Keeps the one stop that there may be, where the record is kept. Every method rejects with `state-unavailable` where it cannot keep its promise. */
export interface StopStore {
  /** The stop that holds. */
  read(): Promise<Stop | undefined>;
  /** Stops. One that holds already stays: of several who stop, the first is named. */
  put(stop: Stop): Promise<void>;
  /** Ends it, no matter who stopped and how often. */
  remove(): Promise<void>;
}

/** `stop` in the configuration and a stop at run time: either stops. One that cannot be read stops too. */
export const stopSwitch =
  (stop: boolean, stops: Pick<StopStore, 'read'>): StopSwitch =>
  async () =>
    stop ||
    stops.read().then(
      (thrown) => thrown !== undefined,
      () => true,
    );

/** Asks the switch. One that fails has stopped all. @throws AppError `kills-stopped` */
export async function refuseWhileStopped({ stopped }: { readonly stopped: StopSwitch }): Promise<void> {
  if (await stopped().catch(() => true)) throw new AppError('kills-stopped');
}

/** A stop of one process. */
export function memoryStopStore(): StopStore {
  let held: Stop | undefined;
  return {
    read: async () => held,
    put: async (stop) => {
      held ??= stop;
    },
    remove: async () => {
      held = undefined;
    },
  };
}
