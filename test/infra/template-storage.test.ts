import { describe, expect, it } from 'vitest';
import { AUDIT_TABLE, STATE_TABLE, type TableDefinition } from '../../lib/state/tables.ts';
import { functionsOf, propertiesOf, type Resource, resourcesOf, theOne } from './resources.ts';
import { synthesize } from './synthesize.ts';

const template = synthesize().template();
const functions = functionsOf(template);

describe('tables', () => {
  const shapeOf = ({ Properties }: Resource): TableDefinition => ({
    partitionKey: Properties.KeySchema[0].AttributeName,
    ttlAttribute: Properties.TimeToLiveSpecification.AttributeName,
    indexes: (Properties.GlobalSecondaryIndexes ?? []).map(
      ({ IndexName, KeySchema, Projection }: Resource['Properties']) => ({
        name: IndexName,
        partitionKey: KeySchema[0].AttributeName,
        sortKey: KeySchema[1].AttributeName,
        include: Projection.NonKeyAttributes ?? [],
      }),
    ),
  });
  const audit = theOne(template, 'AWS::DynamoDB::Table', 'Audit');
  const state = theOne(template, 'AWS::DynamoDB::Table', 'State');

  it('are as the code reads them: keys, indexes, what expires', () => {
    expect(shapeOf(audit)).toEqual(AUDIT_TABLE);
    expect(shapeOf(state)).toEqual(STATE_TABLE);
  });

  it('are on demand, encrypted, and restorable; the record outlives its stack', () => {
    for (const { Properties } of [audit, state])
      expect(Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      });
    expect([audit.DeletionPolicy, audit.Properties.DeletionProtectionEnabled]).toEqual(['Retain', true]);
    expect([state.DeletionPolicy, state.Properties.DeletionProtectionEnabled]).toEqual(['Delete', false]);
    const key = theOne(template, 'AWS::KMS::Key', 'Key');
    expect([key.DeletionPolicy, key.Properties.EnableKeyRotation]).toEqual(['Retain', true]);
  });
});

describe('the fleet', () => {
  it('is planned each minute, told which minute it is for, and swept every five', () => {
    const schedules = propertiesOf(template, 'AWS::Scheduler::Schedule').map(({ ScheduleExpression, Target }) => [
      ScheduleExpression,
      Target.Arn['Fn::GetAtt'][0],
      Target.Input,
    ]);
    expect(schedules).toEqual([
      ['rate(1 minute)', functions.get('plan-reaps')?.id, '{"time":"<aws.scheduler.scheduled-time>"}'],
      ['rate(5 minutes)', functions.get('sweep-audit')?.id, '{}'],
    ]);
    for (const { Target } of propertiesOf(template, 'AWS::Scheduler::Schedule'))
      expect(Target.DeadLetterConfig.Arn['Fn::GetAtt'][0]).toMatch(/FailedEvents/);
  });

  it('hides a message for longer than its worker may run, gives it five times, and takes failures one by one', () => {
    for (const [worker, queue, dead] of [
      ['reap-target', 'StorageReaps', 'ReapDeadLetters'],
      ['chat-worker', 'ChatJobs', 'FailedEvents'],
    ] as const) {
      const { Properties } = theOne(template, 'AWS::SQS::Queue', queue);
      expect(Properties.VisibilityTimeout).toBeGreaterThan(functions.get(worker)?.Properties.Timeout);
      expect(Properties.RedrivePolicy.maxReceiveCount).toBeGreaterThanOrEqual(5);
      expect(Properties.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0]).toMatch(dead);
      const mapping = propertiesOf(template, 'AWS::Lambda::EventSourceMapping').find(
        ({ FunctionName }) => FunctionName.Ref === functions.get(worker)?.id,
      );
      expect(mapping).toMatchObject({ FunctionResponseTypes: ['ReportBatchItemFailures'], BatchSize: 10 });
      expect(mapping?.EventSourceArn['Fn::GetAtt'][0]).toMatch(queue);
    }
  });

  it('starts no more workers from the queue than may run', () => {
    const found = propertiesOf(template, 'AWS::Lambda::EventSourceMapping').find(({ EventSourceArn }) =>
      EventSourceArn['Fn::GetAtt'][0].includes('StorageReaps'),
    );
    expect(found?.ScalingConfig.MaximumConcurrency).toBe(
      functions.get('reap-target')?.Properties.ReservedConcurrentExecutions,
    );
  });

  it('gives a worker the time that rules take which wait for a second look', () => {
    // 60 for the rest, 60 for confirm, 20 for the call.
    expect(functions.get('reap-target')?.Properties.Timeout).toBe(140);
  });
});

it('encrypts every queue and refuses to speak to one in the clear', () => {
  const queues = resourcesOf(template, 'AWS::SQS::Queue');
  expect(queues.size).toBe(4);
  const policies = JSON.stringify(propertiesOf(template, 'AWS::SQS::QueuePolicy'));
  for (const [id, { Properties }] of queues) {
    expect(Properties.KmsMasterKeyId, id).toBeDefined();
    expect(policies).toContain(`{"Fn::GetAtt":["${id}","Arn"]}`);
  }
  expect(policies.match(/"aws:SecureTransport":"false"/g)).toHaveLength(queues.size);
});
