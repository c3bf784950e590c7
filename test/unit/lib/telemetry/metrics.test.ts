import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../../../lib/errors.ts';
import { OUTCOMES } from '../../../../lib/sessions/kill/outcome.ts';
import { METRICS, type MetricDefinition, OTHER } from '../../../../lib/telemetry/metrics.ts';

const definitions: readonly (readonly [string, MetricDefinition])[] = Object.entries(METRICS);

describe('the table of metrics', () => {
  it('knows every outcome, and the two ends that are no outcome', () => {
    expect(METRICS.Kills.dimensions.outcome).toEqual([...OUTCOMES, 'failed', 'unknown']);
  });

  it('counts each code of the catalogue as a refusal, an error or a failed authentication, and as one of them', () => {
    const counted = [
      ...METRICS.Refusals.dimensions.code,
      ...METRICS.Errors.dimensions.code,
      ...METRICS.AuthenticationFailures.dimensions.reason.filter((reason) => reason !== 'unmapped'),
    ];

    expect(counted.toSorted()).toEqual(Object.keys(ERRORS).toSorted());
  });

  it.each(definitions)('%s: values are few, short and of a fixed form, so none is a name or free text', (_, metric) => {
    for (const [dimension, values] of Object.entries(metric.dimensions)) {
      expect(dimension).toMatch(/^[a-z]+$/);
      expect(values.length).toBeLessThanOrEqual(40);
      for (const value of [...values, OTHER]) expect(value).toMatch(/^[a-zA-Z-]{1,30}$/);
      expect(new Set(values).size).toBe(values.length);
    }
    expect(metric.meaning).toMatch(/^[^\n|]+\.$/);
  });
});
