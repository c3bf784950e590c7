import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError, ERRORS, type ErrorCode } from '../../../../lib/errors.ts';
import { METRICS, type MetricDefinition, type MetricName, OTHER } from '../../../../lib/telemetry/metrics.ts';
import { areMetricsOn, count, countFailure, measure, takeSamples } from '../../../../lib/telemetry/samples.ts';

const names = Object.keys(METRICS) as MetricName[];
/** What no caller of ours writes, and a caller of theirs might make us write. */
const anyCount = count as (name: MetricName, dimensions: unknown, by?: number) => void;

beforeEach(() => {
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  takeSamples();
});
afterEach(() => vi.unstubAllEnvs());

describe('samples', () => {
  it.each([
    ['one machine', {}, false],
    ['one machine that asks for them', { POWERTOOLS_METRICS_DISABLED: 'false' }, true],
    ['Lambda', { AWS_LAMBDA_FUNCTION_NAME: 'kill-query' }, true],
    [
      'Lambda that turned them off',
      { AWS_LAMBDA_FUNCTION_NAME: 'kill-query', POWERTOOLS_METRICS_DISABLED: 'true' },
      false,
    ],
  ])('on %s: %j → %s', (_, env, on) => {
    expect(areMetricsOn(env)).toBe(on);
  });

  it('keeps nothing where they are off', () => {
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
    count('OrdersPlanned', {});
    measure('ListLatency', 1);
    expect(takeSamples()).toEqual([]);
  });

  it('sums what is counted and keeps what is measured, each apart by its dimensions, and begins again', () => {
    count('Kills', { outcome: 'terminated' });
    count('Kills', { outcome: 'terminated' }, 2);
    count('Kills', { outcome: 'pending' });
    measure('ListLatency', 3);
    measure('ListLatency', 4);
    measure('ListLatency', Number.NaN);

    expect(takeSamples()).toEqual([
      { name: 'Kills', dimensions: { outcome: 'terminated' }, values: [3] },
      { name: 'Kills', dimensions: { outcome: 'pending' }, values: [1] },
      { name: 'ListLatency', dimensions: {}, values: [3, 4] },
    ]);
    expect(takeSamples()).toEqual([]);
  });

  it('never has another dimension, nor a value that is not of its set, whatever it is given', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'shop', 'ada'));
    const given = fc.oneof(
      fc.dictionary(fc.oneof(text, fc.constantFrom('outcome', 'code')), fc.anything()),
      fc.array(text),
    );
    fc.assert(
      fc.property(fc.constantFrom(...names), given, (name, dimensions) => {
        anyCount(name, dimensions);
        const [sample] = takeSamples();
        const allowed: MetricDefinition['dimensions'] = METRICS[name].dimensions;
        expect(Object.keys(sample?.dimensions ?? {})).toEqual(Object.keys(allowed));
        for (const [dimension, value] of Object.entries(sample?.dimensions ?? {}))
          expect([...(allowed[dimension] ?? []), OTHER]).toContain(value);
      }),
      { numRuns: 2_000 },
    );
  });

  it('holds a bounded number of values, however much is measured in one call', () => {
    for (let at = 0; at < 5_000; at++) measure('KillLatency', at);
    expect(takeSamples()[0]?.values.length).toBeLessThan(1_000);
  });
});

describe('countFailure', () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])('counts %s once, by its code and never as other', (code) => {
    countFailure(new AppError(code, { detail: 'shop' }));
    const samples = takeSamples();
    expect(samples).toHaveLength(1);
    expect(Object.values(samples[0]?.dimensions ?? {})).toEqual([code]);
  });

  it('counts what we did not foresee as internal', () => {
    countFailure(new TypeError("near 'hunter2'"));
    expect(takeSamples()).toEqual([{ name: 'Errors', dimensions: { code: 'internal' }, values: [1] }]);
  });
});
