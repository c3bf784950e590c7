import { App, Stack } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { describe, expect, it } from 'vitest';
import { propertiesOf, resourcesOf, theOne } from './resources.ts';
import { NOT_BUNDLED, synthesize } from './synthesize.ts';

const without = synthesize().template();
const template = synthesize({ auditTrail: true }).template();

describe('the trail of the record', () => {
  it('is there only where it is asked for', () => {
    for (const type of ['AWS::Pipes::Pipe', 'AWS::KinesisFirehose::DeliveryStream', 'AWS::S3::Bucket'])
      expect([resourcesOf(without, type).size, resourcesOf(template, type).size], type).toEqual([0, 1]);
    expect(theOne(without, 'AWS::DynamoDB::Table', 'Audit').Properties.StreamSpecification).toBeUndefined();
  });

  it('takes every change of the table, with what stood there before, from the first on', () => {
    const table = theOne(template, 'AWS::DynamoDB::Table', 'Audit').Properties;
    expect(table.StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
    const [pipe] = propertiesOf(template, 'AWS::Pipes::Pipe');
    expect(pipe?.Source['Fn::GetAtt']).toEqual([expect.stringContaining('Audit'), 'StreamArn']);
    expect(pipe?.Target['Fn::GetAtt'][0]).toMatch(/Delivery/);
    const stream = pipe?.SourceParameters.DynamoDBStreamParameters;
    expect(stream).toMatchObject({ StartingPosition: 'TRIM_HORIZON', OnPartialBatchItemFailure: 'AUTOMATIC_BISECT' });
    expect(stream.DeadLetterConfig.Arn['Fn::GetAtt'][0]).toMatch(/FailedEvents/);
    // No filter and no enrichment: what goes in comes out.
    expect(pipe?.SourceParameters.FilterCriteria).toBeUndefined();
    expect(pipe?.Enrichment).toBeUndefined();
  });

  it('keeps them where no one deletes or overwrites, for longer than a record is kept', () => {
    const { Properties, DeletionPolicy } = theOne(template, 'AWS::S3::Bucket', 'AuditTrail');
    expect(DeletionPolicy).toBe('Retain');
    expect(Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 430 } },
      },
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    });
    expect(JSON.stringify(Properties.BucketEncryption)).toContain('aws:kms');
    expect(JSON.stringify(propertiesOf(template, 'AWS::S3::BucketPolicy'))).toContain('"aws:SecureTransport":"false"');
    const [lifecycle] = Properties.LifecycleConfiguration.Rules;
    expect(lifecycle.ExpirationInDays).toBeGreaterThan(430);
  });

  it('lets no one near the bucket but what writes it, which deletes nothing there', () => {
    const policies = [...resourcesOf(template, 'AWS::IAM::Policy')].filter(([, { Properties }]) =>
      JSON.stringify(Properties.PolicyDocument).includes('s3:'),
    );
    expect(policies.map(([id]) => id)).toEqual([expect.stringMatching(/^WardenAuditTrailDeliveryRole/)]);
    const actions = policies.flatMap(([, { Properties }]) =>
      Properties.PolicyDocument.Statement.flatMap(({ Action }: { readonly Action: unknown }) => Action),
    );
    expect(actions.filter((action) => action.startsWith('s3:'))).toEqual([
      's3:AbortMultipartUpload',
      's3:PutObject',
      's3:GetBucketLocation',
      's3:ListBucket',
      's3:ListBucketMultipartUploads',
    ]);
  });

  it('needs the stream of a table that is given', () => {
    const stack = new Stack(new App(NOT_BUNDLED), 'Given');
    const auditTable = Table.fromTableName(stack, 'Named', 'audit');
    expect(() => synthesize({ auditTrail: true, auditTable })).toThrow(/auditTrail: give the ARN of the stream/);
    const tableStreamArn = 'arn:aws:dynamodb:eu-west-1:111122223333:table/audit/stream/2026';
    const streamed = Table.fromTableAttributes(stack, 'Streamed', { tableName: 'audit', tableStreamArn });
    const [pipe] = propertiesOf(synthesize({ auditTrail: true, auditTable: streamed }).template(), 'AWS::Pipes::Pipe');
    expect(pipe?.Source).toBe(tableStreamArn);
  });
});
