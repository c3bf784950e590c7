import { describe, expect, it, vi } from 'vitest';
import type { Sample } from '../../../../lib/telemetry/metrics.ts';
import { METRICS, type MetricDefinition, type MetricName } from '../../../../lib/telemetry/metrics.ts';
import { emitting } from '../../../support/emitted.ts';

const on = emitting();

/** It reads its environment when it is loaded. */
async function publishMetrics(samples: readonly Sample[]): Promise<void> {
  vi.resetModules();
  (await import('../../../../lib/telemetry/publish-metrics.ts')).publishMetrics(samples);
}

describe('publishMetrics', () => {
  it('emits a metric with its dimensions and for the service alone', async () => {
    await publishMetrics([{ name: 'Kills', dimensions: { outcome: 'terminated' }, values: [3] }]);

    expect(on.emf()).toEqual([
      {
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            {
              Namespace: 'SessionWarden',
              Dimensions: [['service'], ['service', 'outcome']],
              Metrics: [{ Name: 'Kills', Unit: 'Count' }],
            },
          ],
        },
        service: 'session-warden',
        outcome: 'terminated',
        Kills: 3,
      },
    ]);
  });

  it('puts all that have no dimensions of their own into one line', async () => {
    await publishMetrics([
      { name: 'ConnectLatency', dimensions: {}, values: [12.5] },
      { name: 'ListLatency', dimensions: {}, values: [1, 2] },
    ]);

    expect(on.emf()).toHaveLength(1);
    expect(on.emf()[0]).toMatchObject({ ConnectLatency: 12.5, ListLatency: [1, 2] });
    expect(on.emf()[0]?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([['service']]);
  });

  it('takes the service from POWERTOOLS_SERVICE_NAME, so that stages are told apart', async () => {
    vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'warden-test');
    await publishMetrics([{ name: 'OrdersPlanned', dimensions: {}, values: [7] }]);
    expect(on.emf()[0]).toMatchObject({ service: 'warden-test', OrdersPlanned: 7 });
  });

  it('spreads more values than one line may hold, and loses none', async () => {
    const values = Array.from({ length: 990 }, (_, at) => at);
    await publishMetrics([
      { name: 'KillLatency', dimensions: {}, values },
      { name: 'Sessions', dimensions: {}, values: [5] },
    ]);

    expect(on.values('KillLatency')).toEqual(values);
    expect(on.values('Sessions')).toEqual([5]);
    for (const line of on.emf()) expect(line._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([['service']]);
  });

  it.each(Object.keys(METRICS) as MetricName[])('emits %s with the unit and dimensions of the table', async (name) => {
    const definition: MetricDefinition = METRICS[name];
    const dimensions = Object.fromEntries(
      Object.entries(definition.dimensions).map(([key, [value = '']]) => [key, value]),
    );
    await publishMetrics([{ name, dimensions, values: [1] }]);

    const [emitted] = on.emf()[0]?._aws.CloudWatchMetrics ?? [];
    expect(emitted?.Metrics).toEqual([{ Name: name, Unit: definition.unit }]);
    expect(new Set(emitted?.Dimensions.flat())).toEqual(new Set(['service', ...Object.keys(definition.dimensions)]));
  });

  it('writes nothing else', async () => {
    await publishMetrics([{ name: 'Kills', dimensions: { outcome: 'other' }, values: [1] }]);
    expect(on.lines).toHaveLength(1);
  });
});
