import { readFileSync } from 'node:fs';
import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { BASELINE, keptOf, keptResources, type Resources } from './baseline.ts';
import { API_KINDS, REGIONS, stackIn } from './places.ts';

const before: Readonly<Record<string, Resources>> = JSON.parse(readFileSync(BASELINE, 'utf8'));
const now = keptResources();

const LOST: readonly ResourceImpact[] = [
  ResourceImpact.WILL_REPLACE,
  ResourceImpact.MAY_REPLACE,
  ResourceImpact.WILL_DESTROY,
  ResourceImpact.WILL_ORPHAN,
];

/** What `cdk diff` says of the resources that would not be the same ones after an upgrade, or would not stay after a removal. */
function lostBy(old: Resources, next: Resources): readonly string[] {
  const { resources } = fullDiff({ Resources: old }, { Resources: next });
  const lost = resources.logicalIds.flatMap((id) => {
    const { changeImpact } = resources.get(id);
    return LOST.includes(changeImpact) ? [`${id}: ${changeImpact}`] : [];
  });
  const bared = Object.entries(old).flatMap(([id, { DeletionPolicy }]) =>
    DeletionPolicy === 'Retain' && next[id] !== undefined && next[id].DeletionPolicy !== 'Retain'
      ? [`${id}: no longer retained`]
      : [],
  );
  return [...lost, ...bared];
}

describe.each(Object.keys(before))('an upgrade of the last release (%s)', (kind) => {
  it('replaces and removes no table, key, queue, bucket, topic, log group or API', () => {
    expect(lostBy(before[kind] ?? {}, now[kind] ?? {})).toEqual([]);
  });
});

it.each(REGIONS)('all that is compared is in %s too, under the same logical ID', (region) => {
  for (const api of API_KINDS) {
    const there = keptOf(Template.fromStack(stackIn(region, api)));
    // GovCloud has no Pipes, so no trail.
    const missing = Object.keys(now[api] ?? {}).filter((id) => !(id in there) && !id.includes('AuditTrail'));
    expect(missing).toEqual([]);
  }
});

it('a removal leaves the record, its key, its trail and two logs, as docs/deploy.md tells', () => {
  const left = Object.entries(now['app'] ?? {}).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain');
  const names = left.map(([id]) => id.replace(/^Warden(?:Storage|Network)?/, '').replace(/[0-9A-F]{8}$/, ''));
  expect(names.toSorted()).toEqual(['Audit', 'AuditTrailBucket', 'DynamoDbPrefixListLogs', 'FlowLogs', 'Key']);
});

describe('the comparison', () => {
  const [id = '', table] = Object.entries(now['public'] ?? {}).find(([, { Type }]) => /Table$/.test(Type)) ?? [];
  if (table === undefined) throw new Error('no table');
  const changed = (properties: object) => ({ [id]: { ...table, Properties: { ...table.Properties, ...properties } } });

  it.each([
    ['another key', changed({ KeySchema: [{ AttributeName: 'other', KeyType: 'HASH' }] }), 'WILL_REPLACE'],
    ['another name', changed({ TableName: 'other' }), 'WILL_REPLACE'],
    ['another logical ID', { Other: table }, 'WILL_ORPHAN'],
    ['no table', {}, 'WILL_ORPHAN'],
    ['a table that goes with its stack', { [id]: { ...table, DeletionPolicy: 'Delete' } }, 'no longer retained'],
  ])('tells of %s', (_, next, what) => {
    expect(lostBy({ [id]: table }, next)).toEqual([`${id}: ${what}`]);
  });

  it('has nothing to say of what is only updated', () => {
    expect(lostBy({ [id]: table }, changed({ DeletionProtectionEnabled: false }))).toEqual([]);
  });
});
