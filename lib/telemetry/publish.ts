import { areMetricsOn, takeSamples } from './samples.ts';
import { isSampled, type Span } from './span.ts';

const publishers = {
  metrics: () => import('./publish-metrics.ts'),
  trace: () => import('./publish-trace.ts'),
};

/**
 * Loads what publishes, once the loop has a turn to spare: called when another machine was just asked for something, so
 * that loading takes none of the call's time.
 */
export function preparePublishing(): void {
  const needed = [...(areMetricsOn() ? [publishers.metrics] : []), ...(isSampled() ? [publishers.trace] : [])];
  if (needed.length > 0) setImmediate(() => void Promise.allSettled(needed.map((load) => load())));
}

/** Publishes all samples, and the call's spans where it is sampled. Never throws: no call fails because nobody can count it. */
export async function publish(span: Span | undefined): Promise<void> {
  const samples = takeSamples();
  try {
    if (samples.length > 0) (await publishers.metrics()).publishMetrics(samples);
    if (span !== undefined) await (await publishers.trace()).publishTrace(span);
  } catch {
    // What could not be published is lost.
  }
}
