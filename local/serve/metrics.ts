import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { AppError } from '../../lib/errors.ts';
import type { Services } from '../../lib/services.ts';
import { isAsleep, type Session } from '../../lib/sessions/session.ts';
import type { Sample } from '../../lib/telemetry/metrics.ts';
import { METRICS, type MetricDefinition, type MetricName } from '../../lib/telemetry/metrics.ts';
import { publishTo } from '../../lib/telemetry/samples.ts';
import type { Clock } from './schedule.ts';

/** How a target was when it was looked at last. */
export interface Seen {
  /** ISO 8601. */
  readonly at: string;
  /** Why it could not be reached: a code; `null` where it could. */
  readonly problem: string | null;
  /** Our own not counted. Left out where the target could not be reached. */
  readonly sessions?: { readonly asleep: number; readonly active: number };
  /** `null` where the server does not say. */
  readonly connections?: { readonly used: number; readonly most: number } | null;
}

/** The last look at each target. */
export interface TargetWatch {
  readonly seen: ReadonlyMap<string, Seen>;
  /** Looks at all now. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

const EVERY_MS = 60_000;

async function lookAt(services: Services, name: string, at: string): Promise<Seen> {
  try {
    const database = await services.open({ name });
    try {
      const { ownId } = database.server;
      const others = (await database.list()).filter(({ id }: Session) => id !== ownId);
      const asleep = others.filter(({ command }) => isAsleep(command)).length;
      const limit = await database.connections();
      // Where the limit counts what the list shows, we are one of them.
      const connections = limit && { most: limit.most, used: limit.used ?? others.length + 1 };
      return { at, problem: null, sessions: { asleep, active: others.length - asleep }, connections };
    } finally {
      await database.close();
    }
  } catch (error) {
    return { at, problem: error instanceof AppError ? error.code : 'internal' };
  }
}

/** Looks at every target now and then each minute, over one connection each, for whoever asks how they are. */
export function watchTargets(services: Services, names: readonly string[], clock: Clock): TargetWatch {
  const ending = new AbortController();
  const seen = new Map<string, Seen>();
  const look = async (): Promise<void> => {
    const at = new Date(clock.now()).toISOString();
    await Promise.all(names.map(async (name) => seen.set(name, await lookAt(services, name, at))));
  };
  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await look();
      await clock.until(clock.now() + EVERY_MS, ending.signal);
    }
  };
  const ended = loop();
  return {
    seen,
    look,
    stop: async () => {
      ending.abort();
      await ended;
    },
  };
}

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
