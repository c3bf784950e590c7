import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRICS, NAMESPACE } from '../../lib/telemetry/metrics.ts';
import { type Resource, resourcesOf } from './resources.ts';
import { synthesize } from './synthesize.ts';

const { warden, template: make } = synthesize({ service: 'here' });
const template = make();
const alarms = new Map(
  [...resourcesOf(template, 'AWS::CloudWatch::Alarm')].map(([id, { Properties }]) => [
    id.replace(/^WardenAlarms/, '').replace(/[0-9A-F]{8}$/, ''),
    Properties,
  ]),
);

interface Looked {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

/** The metrics that an alarm looks at. */
const metricsOf = (alarm: Resource['Properties']): readonly Looked[] =>
  alarm.Metrics === undefined
    ? [alarm]
    : alarm.Metrics.flatMap(({ MetricStat }: Resource['Properties']) => (MetricStat ? [MetricStat.Metric] : []));

describe('alarms', () => {
  it('are these, each tells what to do, and each writes to the topic', () => {
    expect([...alarms.keys()].sort()).toEqual([
      'AuditUnavailable',
      'AuthenticationFailures',
      'FailedEventsNotEmpty',
      'KillsWhileStopped',
      'ManyKills',
      'ManyRefusals',
      'OpenIntents',
      'ReapDeadLettersNotEmpty',
      'ReaperHeld',
      'ReaperSilent',
      'TargetDenied',
      'TargetsLate',
      'chaterrors',
      'chatthrottles',
      'fleeterrors',
      'fleetthrottles',
      'killserrors',
      'killsthrottles',
      'lookserrors',
      'looksthrottles',
    ]);
    expect(warden.alarms).toHaveLength(alarms.size);
    const topic = [...resourcesOf(template, 'AWS::SNS::Topic').keys()][0];
    for (const [name, { AlarmDescription, AlarmActions }] of alarms) {
      expect(AlarmDescription.length, name).toBeGreaterThan(40);
      expect(AlarmActions, name).toEqual([{ Ref: topic }]);
    }
  });

  it('do what a prop says besides', () => {
    const actions = [{ bind: () => ({ alarmActionArn: 'arn:aws:sns:eu-west-1:111122223333:pager' }) }];
    const made = resourcesOf(synthesize({ alarms: { actions } }).template(), 'AWS::CloudWatch::Alarm');
    for (const { Properties } of made.values())
      expect(Properties.AlarmActions).toEqual(['arn:aws:sns:eu-west-1:111122223333:pager']);
  });

  it('look at metrics that are emitted, for this deployment alone', () => {
    for (const [name, alarm] of alarms) {
      const own = metricsOf(alarm).filter(({ Namespace }) => Namespace === NAMESPACE);
      for (const { MetricName, Dimensions = [] } of own) {
        expect(Object.keys(METRICS), name).toContain(MetricName);
        expect(Dimensions).toContainEqual({ Name: 'service', Value: 'here' });
      }
    }
    expect(metricsOf(alarms.get('ReaperHeld'))[0]).toMatchObject({ MetricName: 'ReapersHeld' });
  });

  it('tell at once that no record can be written, and that someone ends what may not be ended now', () => {
    const one = (name: string, metric: string, code: string) => {
      const dimensions = expect.arrayContaining([{ Name: 'code', Value: code }]);
      expect(metricsOf(alarms.get(name))).toMatchObject([{ MetricName: metric, Dimensions: dimensions }]);
      expect(alarms.get(name)).toMatchObject({ Threshold: 1, EvaluationPeriods: 1 });
    };
    one('AuditUnavailable', 'Errors', 'audit-unavailable');
    one('KillsWhileStopped', 'Refusals', 'kills-stopped');
  });

  it('tell of unusually many kills that ended something, and refusals by a rule, from where props say', () => {
    const valuesOf = (name: string) =>
      metricsOf(alarms.get(name)).flatMap(({ Dimensions = [] }) =>
        Dimensions.flatMap(({ Name, Value }) => (Name === 'service' ? [] : [Value])),
      );
    expect(
      valuesOf('ManyKills').filter((one) => !(METRICS.Kills.dimensions.outcome as readonly unknown[]).includes(one)),
    ).toEqual([]);
    expect(valuesOf('ManyKills')).toEqual(expect.arrayContaining(['terminated', 'query-cancelled', 'unknown']));
    expect(valuesOf('ManyKills')).not.toContain('refused');
    expect(
      valuesOf('ManyRefusals').filter((one) => !(METRICS.Refusals.dimensions.code as readonly unknown[]).includes(one)),
    ).toEqual([]);
    expect(valuesOf('ManyRefusals')).toEqual(expect.arrayContaining(['not-allowed', 'protected', 'too-many-kills']));
    expect([alarms.get('ManyKills'), alarms.get('ManyRefusals')]).toMatchObject([
      { Threshold: 200 },
      { Threshold: 50 },
    ]);
    const made = [
      ...resourcesOf(synthesize({ alarms: { kills: 7, refusals: 9 } }).template(), 'AWS::CloudWatch::Alarm'),
    ];
    const threshold = (name: string) => made.find(([id]) => id.includes(name))?.[1].Properties.Threshold;
    expect([threshold('ManyKills'), threshold('ManyRefusals')]).toEqual([7, 9]);
  });

  it('add up no more metrics than CloudWatch takes', () => {
    for (const [name, alarm] of alarms) expect(metricsOf(alarm).length, name).toBeLessThanOrEqual(10);
  });

  it('take silence for a fault where reapers should be heard, and for peace elsewhere', () => {
    for (const [name, { TreatMissingData }] of alarms)
      expect(TreatMissingData, name).toBe(name === 'ReaperSilent' ? 'breaching' : 'notBreaching');
    // One that runs every ten minutes is silent once two runs are missing.
    const silent = alarms.get('ReaperSilent');
    expect(silent).toMatchObject({ EvaluationPeriods: 4, Threshold: 1, Metrics: [{ MetricStat: { Period: 300 } }] });
  });

  it('miss no reaper where the configuration has none', () => {
    const config = join(import.meta.dirname, 'no-reapers.yaml');
    const without = synthesize({ config }).template();
    expect(Object.keys(without.findResources('AWS::CloudWatch::Alarm')).filter((id) => /Silent/.test(id))).toEqual([]);
  });

  it('count what the gateway refused by itself, once for each API, and not what a function answered', () => {
    const filters = [...resourcesOf(template, 'AWS::Logs::MetricFilter').values()].map(({ Properties }) => Properties);
    expect(filters).toHaveLength(2);
    for (const { FilterPattern, MetricTransformations } of filters) {
      expect(FilterPattern).toBe('{ ($.status = 401 || $.status = 403) && $.denied != "-" }');
      expect(metricsOf(alarms.get('AuthenticationFailures'))).toContainEqual(
        expect.objectContaining({
          Namespace: MetricTransformations[0].MetricNamespace,
          MetricName: MetricTransformations[0].MetricName,
        }),
      );
    }
  });
});

it('has a dashboard of metrics that are emitted, with every line of the sets of values', () => {
  const body = [...resourcesOf(template, 'AWS::CloudWatch::Dashboard').values()][0]?.Properties.DashboardBody[
    'Fn::Join'
  ][1];
  const text = body.map((part: unknown) => (typeof part === 'string' ? part : 'x')).join('');
  const { widgets } = JSON.parse(text);
  expect(widgets).toHaveLength(12);
  const lines: readonly (readonly unknown[])[] = widgets.flatMap(
    ({ properties }: Resource['Properties']) => properties.metrics,
  );
  const own = lines.filter(([namespace]) => namespace === NAMESPACE);
  for (const [, name] of own) expect(Object.keys(METRICS)).toContain(name);
  for (const name of ['Kills', 'Refusals', 'ReaperVictims', 'TargetsLate', 'Errors', 'OpenIntents'])
    expect(
      own.some(([, shown]) => shown === name),
      name,
    ).toBe(true);
  for (const outcome of METRICS.Kills.dimensions.outcome) expect(text).toContain(`"outcome","${outcome}"`);
});
