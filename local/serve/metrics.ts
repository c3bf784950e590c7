import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Sample } from '../../lib/telemetry/metrics.ts';
import { METRICS, type MetricDefinition, type MetricName } from '../../lib/telemetry/metrics.ts';
import { publishTo } from '../../lib/telemetry/samples.ts';
import type { Seen } from './watch-targets.ts';

const PREFIX = 'session_warden';
/** Seconds: from a round trip in one building to a kill that took half of a minute. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** `ReaperRuns` as `reaper_runs`. */
const snake = (name: string): string => name.replace(/(?<=[a-z])[A-Z]/g, '_$&').toLowerCase();

type Fill = (sample: Sample) => void;

/** A counter for what is summed, a histogram in seconds for times, a gauge for what a look found. */
function metricOf(name: MetricName, registers: [Registry]): Fill {
  const { unit, statistic, dimensions, meaning: help }: MetricDefinition = METRICS[name];
  const labelNames = Object.keys(dimensions);
  if (unit === 'Milliseconds') {
    const histogram = new Histogram({ name: `${PREFIX}_${snake(name)}_seconds`, help, buckets: BUCKETS, registers });
    return ({ values }) => {
      for (const value of values) histogram.observe(value / 1000);
    };
  }
  if (statistic === 'Sum') {
    const counter = new Counter({ name: `${PREFIX}_${snake(name)}_total`, help, labelNames, registers });
    return ({ values, dimensions: labels }) => {
      for (const value of values) counter.inc({ ...labels }, value);
    };
  }
  const unitOf = unit === 'Seconds' ? '_seconds' : '';
  const gauge = new Gauge({ name: `${PREFIX}_${snake(name)}${unitOf}`, help, registers });
  return ({ values }) => {
    const last = values.at(-1);
    if (last !== undefined) gauge.set(last);
  };
}

/** What looks at targets measure is shown for each target by name; those without one would be of the last that was asked. */
const OF_TARGETS: readonly string[] = [
  'Sessions',
  'ActiveSessions',
  'IdleSessions',
  'IdleInTransactionSessions',
  'DyingSessions',
];

/** Has the product's own metrics kept for Prometheus from now on, with what the last looks at the targets found. */
export function keepMetrics(seen: () => ReadonlyMap<string, Seen>): Registry {
  const registry = new Registry();
  const registers: [Registry] = [registry];
  const names = (Object.keys(METRICS) as MetricName[]).filter((name) => !OF_TARGETS.includes(name));
  const fills = new Map<string, Fill>(names.map((name) => [name, metricOf(name, registers)]));
  publishTo((samples) => {
    for (const sample of samples) fills.get(sample.name)?.(sample);
  });
  const gauge = (name: string, help: string, labels: readonly string[], valuesOf: (one: Seen) => Values) => {
    const made = new Gauge({
      name: `${PREFIX}_target_${name}`,
      help,
      labelNames: ['target', ...labels],
      registers,
      collect: () => {
        made.reset();
        for (const [target, one] of seen())
          for (const { value, ...more } of valuesOf(one)) made.set({ target, ...more }, value);
      },
    });
  };
  gauge('up', 'Whether the last look reached the target.', [], ({ problem }) => [{ value: problem === null ? 1 : 0 }]);
  gauge('sessions', 'Sessions that the last look found, ours not counted.', ['state'], ({ sessions }) =>
    sessions === undefined
      ? []
      : [
          { state: 'asleep', value: sessions.asleep },
          { state: 'active', value: sessions.active },
        ],
  );
  gauge('connections_used', 'Connections in use, ours too.', [], ({ connections }) =>
    connections ? [{ value: connections.used }] : [],
  );
  gauge('connections_most', 'Connections that the server allows.', [], ({ connections }) =>
    connections ? [{ value: connections.most }] : [],
  );
  return registry;
}

type Values = readonly ({ readonly value: number } & Readonly<Record<string, string | number>>)[];
