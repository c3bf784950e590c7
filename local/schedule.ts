import { AppError } from '../lib/errors.ts';
import { anyGlobMatches } from '../lib/privileges/glob.ts';
import { reap, reaperPrincipal } from '../lib/reaper/reap.ts';
import type { Services } from '../lib/services.ts';

/** Runs every reaper on its schedule, always as a dry run, and says what it would do. One machine ends nothing by itself. */
export function startSchedule(
  services: Services,
  targets: readonly string[],
  say: (line: string) => void,
): { stop(): void } {
  const timers = services.config.reapers.flatMap((reaper) =>
    targets
      .filter((target) => anyGlobMatches(reaper.targets, target))
      .map((target) => {
        const run = async (): Promise<void> => {
          const request = { target, reaper: reaper.name, dryRun: true, correlationId: 'schedule' };
          const said = await reap(services, { ...request, principal: reaperPrincipal(reaper.name) }).then(
            ({ victims, warned, sessions }) =>
              `would end ${victims.length} of ${sessions} sessions${warned.length === 0 ? '' : `, and warn of ${warned.length} first`}${[
                ...victims,
                ...warned,
              ]
                .slice(0, 5)
                .map(({ id, user, reasons }) => `\n    ${id} ${user ?? '–'}: ${reasons.join('; ')}`)
                .join('')}`,
            (error: unknown) => `could not look: ${error instanceof AppError ? error.code : String(error)}`,
          );
          say(`  Reaper ${reaper.name} on ${target} (dry run): ${said}`);
        };
        return setInterval(() => void run(), reaper.every * 1000);
      }),
  );
  for (const timer of timers) timer.unref();
  return { stop: () => timers.forEach(clearInterval) };
}
