import { AppError } from './errors.ts';

/** Tells whether every kill of every kind is stopped: asked anew before each. */
export type StopSwitch = () => Promise<boolean>;

/** Reads the value of the parameter that stops all. @throws whatever keeps it from being read */
export type ReadParameter = () => Promise<string | undefined>;

/** `stop` in the configuration and a parameter: either stops. One that cannot be read, or says neither true nor false, stops too. */
export const stopSwitch = (stop: boolean, read?: ReadParameter): StopSwitch => {
  if (stop) return async () => true;
  if (read === undefined) return async () => false;
  return async () => (await read().catch(() => undefined))?.trim().toLowerCase() !== 'false';
};

/** Asks the switch. One that fails has stopped all. @throws AppError `kills-stopped` */
export async function refuseWhileStopped({ stopped }: { readonly stopped: StopSwitch }): Promise<void> {
  if (await stopped().catch(() => true)) throw new AppError('kills-stopped');
}
