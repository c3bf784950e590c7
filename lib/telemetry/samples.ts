import { AppError } from '../errors.ts';
import { isAsleep, isBeingKilled, isUnknown, type Session, type SessionId } from '../sessions/session.ts';
import { type DimensionsOf, METRICS, type MetricDefinition, type MetricName, OTHER, type Sample } from './metrics.ts';

/** Measures of one metric kept until they are taken: past these no percentile changes. */
const MAX_VALUES = 990;

const samples = new Map<string, Sample & { readonly values: number[] }>();

/**
 * True where metrics are collected: on Lambda, unless `POWERTOOLS_METRICS_DISABLED` says otherwise; elsewhere where it is
 * `false`. On one machine they would be noise.
 */
export function areMetricsOn({ POWERTOOLS_METRICS_DISABLED: off = '', AWS_LAMBDA_FUNCTION_NAME: name } = process.env) {
  return off === '' ? name !== undefined : /^(false|0|no|off|n|f)$/i.test(off);
}

/** Every dimension of the metric's definition and no other, each with a value of its set, or `other`. */
function bounded(name: MetricName, given: Readonly<Record<string, unknown>>): Record<string, string> {
  const { dimensions }: MetricDefinition = METRICS[name];
  return Object.fromEntries(
    Object.entries(dimensions).map(([dimension, values]) => {
      const value = Object.hasOwn(given, dimension) ? given[dimension] : undefined;
      return [dimension, values.find((one) => one === value) ?? OTHER];
    }),
  );
}

function sampleOf(name: MetricName, given: Readonly<Record<string, unknown>>): number[] {
  const dimensions = bounded(name, given);
  const key = JSON.stringify([name, dimensions]);
  const sample = samples.get(key) ?? { name, dimensions, values: [] };
  samples.set(key, sample);
  return sample.values;
}

/** Adds to a counter. Whatever is not of its closed sets counts as `other`. Costs nothing to speak of, and never throws. */
export function count<Name extends MetricName>(name: Name, dimensions: DimensionsOf<Name>, by = 1): void {
  if (!areMetricsOn()) return;
  const values = sampleOf(name, dimensions);
  values[0] = (values[0] ?? 0) + by;
}

/** Adds one measure, in the metric's unit. */
export function measure(name: MetricName, value: number): void {
  if (!areMetricsOn() || !Number.isFinite(value)) return;
  const values = sampleOf(name, {});
  if (values.length < MAX_VALUES) values.push(value);
}

/** Gives what was collected, and starts again from nothing. */
export function takeSamples(): readonly Sample[] {
  const taken = [...samples.values()];
  samples.clear();
  return taken;
}

const isOneOf = <Value extends string>(values: readonly Value[], value: string): value is Value =>
  values.some((one) => one === value);

/** Counts a failure where it has become an answer, once: as a failed authentication, a refusal or an error, by its code. */
export function countFailure(failure: unknown): void {
  const code = failure instanceof AppError ? failure.code : 'internal';
  if (isOneOf(METRICS.AuthenticationFailures.dimensions.reason, code))
    count('AuthenticationFailures', { reason: code });
  else if (isOneOf(METRICS.Refusals.dimensions.code, code)) count('Refusals', { code });
  else count('Errors', { code });
}

/** Measures a whole process list by state; our own session is not counted. */
export function measureSessions(sessions: readonly Session[], ownId: SessionId): void {
  if (!areMetricsOn()) return;
  const seen = { Sessions: 0, ActiveSessions: 0, IdleSessions: 0, IdleInTransactionSessions: 0, DyingSessions: 0 };
  // Where transactions are not shown, none would be a false figure.
  let isHidden = false;
  for (const session of sessions) {
    if (session.id === ownId) continue;
    seen.Sessions++;
    if (isBeingKilled(session)) seen.DyingSessions++;
    else if (!isAsleep(session.command)) seen.ActiveSessions++;
    else {
      isHidden ||= isUnknown(session, 'transaction');
      if (session.transaction === null) seen.IdleSessions++;
      else seen.IdleInTransactionSessions++;
    }
  }
  for (const name of Object.keys(seen) as (keyof typeof seen)[])
    if (!(isHidden && name === 'IdleInTransactionSessions')) measure(name, seen[name]);
}

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
