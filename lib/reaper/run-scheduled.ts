import * as z from 'zod/mini';
import { AppError } from '../errors.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import { currentCorrelationId } from '../telemetry/call.ts';
import { count } from '../telemetry/samples.ts';
import { reap, reaperFor } from './reap.ts';
import type { ReapReport } from './report.ts';

const orderSchema = z.strictObject({
  target: z.string().check(z.minLength(1), z.maxLength(256)),
  reaper: z.string().check(z.minLength(1), z.maxLength(63)),
});

/** The principal of a reaper that runs on its schedule: the configuration let it in, and nobody else can become it. */
export const reaperPrincipal = (name: string): Principal => ({
  source: 'schedule',
  subject: `reaper/${name}`,
  groups: [],
  claims: {},
});

/**
 * Runs a reaper as its schedule does, in the mode of its rule.
 *
 * @param order - `{ target, reaper }`, nothing else
 * @throws AppError `request-invalid`, and all that {@link reap} throws
 */
export async function runScheduled(
  services: Services,
  order: unknown,
  correlationId = currentCorrelationId(),
): Promise<ReapReport> {
  const parsed = z.safeParse(orderSchema, order);
  if (!parsed.success) throw new AppError('request-invalid', { detail: 'event: write { "target": …, "reaper": … }.' });
  const { target, reaper: name } = parsed.data;
  const { mode } = reaperFor(services, name, target);
  const principal = reaperPrincipal(name);
  const request = { principal, target, reaper: name, dryRun: mode === 'dry-run', correlationId };
  const report = await reap(services, request);
  count('ReaperRuns', { mode });
  return report;
}
