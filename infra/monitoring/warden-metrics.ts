import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS, type MetricName, NAMESPACE, OTHER } from '../../lib/telemetry/metrics.ts';

/** How to look at a metric. */
export interface MetricView {
  /** Minutes. */
  readonly minutes?: number;
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly label?: string;
}

/** A metric of a deployment, as `lib/telemetry/metrics.ts` defines it. */
export function wardenMetric(
  service: string,
  name: MetricName,
  { minutes = 5, dimensions = {}, label = name }: MetricView = {},
): Metric {
  return new Metric({
    namespace: NAMESPACE,
    metricName: name,
    statistic: METRICS[name].statistic,
    period: Duration.minutes(minutes),
    dimensionsMap: { service, ...dimensions },
    label,
  });
}

/** One line for each value of a metric's dimension, and one for values of no closed set. */
export function byDimension(service: string, name: MetricName, dimension: string): Metric[] {
  const definition: { readonly dimensions: Readonly<Record<string, readonly string[]>> } = METRICS[name];
  return [...(definition.dimensions[dimension] ?? []), OTHER].map((value) =>
    wardenMetric(service, name, { dimensions: { [dimension]: value }, label: value }),
  );
}
