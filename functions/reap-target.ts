import type { ReapReport } from '../lib/reaper/report.ts';
import { runScheduled } from '../lib/reaper/run-scheduled.ts';
import { type Services, services } from '../lib/services.ts';

/** Called with `{ "target": …, "reaper": … }`: runs the reaper on the target in the mode that the configuration says. */
export const createHandler =
  (load: () => Promise<Services>) =>
  async (event: unknown): Promise<ReapReport> =>
    runScheduled(await load(), event);

/** What Lambda calls. */
export const handler = createHandler(services);
