import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Sample } from './metrics.ts';
import { METRICS, NAMESPACE, SERVICE } from './metrics.ts';

/** Powertools publishes by itself at 100 values of a metric, and forgets the dimensions then. */
const MAX_VALUES = 99;

// Made when this is loaded, which is while the call waits for others.
const metrics = new Metrics({
  namespace: NAMESPACE,
  serviceName: process.env['POWERTOOLS_SERVICE_NAME'] || SERVICE,
});

/**
 * Writes samples to stdout in CloudWatch's embedded metric format: for the service alone, and where a metric has
 * dimensions, for each of their values too.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function publishMetrics(samples: readonly Sample[]): void {
  for (const group of Map.groupBy(samples, ({ dimensions }) => JSON.stringify(dimensions)).values()) {
    const [{ dimensions }] = group as [Sample];
    const rounds = Math.max(...group.map(({ values }) => Math.ceil(values.length / MAX_VALUES)));
    for (let round = 0; round < rounds; round++) {
      metrics.addDimensions({});
      if (Object.keys(dimensions).length > 0) metrics.addDimensions({ ...dimensions });
      for (const { name, values } of group)
        for (const value of values.slice(round * MAX_VALUES, (round + 1) * MAX_VALUES))
          metrics.addMetric(name, METRICS[name].unit, value);
      metrics.publishStoredMetrics();
    }
  }
}
