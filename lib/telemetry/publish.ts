import { areMetricsOn, type Sample, takeSamples } from './samples.ts';

type Publisher = (samples: readonly Sample[]) => void;

let load = async (): Promise<{ readonly publishMetrics: Publisher }> => import('./publish-metrics.ts');

/** Has samples go elsewhere than to CloudWatch, for as long as the process lives. */
export function publishTo(publishMetrics: Publisher): void {
  load = async () => ({ publishMetrics });
}

/**
 * Loads what publishes, once the loop has a turn to spare: called when another machine was just asked for something, so
 * that loading takes none of the call's time.
 */
export function preparePublishing(): void {
  if (areMetricsOn()) setImmediate(() => void load().catch(() => {}));
}

/** Publishes all samples. Never throws: no call fails because it cannot be counted. */
export async function publish(): Promise<void> {
  const samples = takeSamples();
  try {
    if (samples.length > 0) (await load()).publishMetrics(samples);
  } catch {
    // What could not be published is lost.
  }
}
