import { areMetricsOn, takeSamples } from './samples.ts';

const load = () => import('./publish-metrics.ts');

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
