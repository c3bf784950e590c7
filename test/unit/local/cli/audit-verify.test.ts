import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeTime } from 'ulid';
import { afterAll, expect, it } from 'vitest';
import { toItem } from '../../../../lib/audit/dynamodb/audit-item.ts';
import { auditCommand, splitObjects } from '../../../../local/cli/audit-verify.ts';
import { UsageError } from '../../../../local/cli/help.ts';
import { anIntent } from '../../../contract/an-intent.ts';

const folder = mkdtempSync(join(tmpdir(), 'warden-trail-'));
afterAll(() => rmSync(folder, { recursive: true }));

const START = Date.parse('2026-11-24T08:00:00Z');
const ids = ['A', 'B'].map((letter) => encodeTime(START, 10) + letter.repeat(16));
const items = ids.map((id) => toItem(id, anIntent(), 400));
const events = items.map((item, at) => ({
  eventID: `e${at}`,
  eventName: 'INSERT',
  eventVersion: '1.1',
  dynamodb: {
    ApproximateCreationDateTime: START / 1000,
    Keys: { id: item['id'] },
    NewImage: item,
    SequenceNumber: `${at}`,
  },
}));

const trail = join(folder, 'trail');
mkdirSync(join(trail, '2026/11/24/08'), { recursive: true });
// Firehose puts nothing between two records, and compresses.
writeFileSync(join(trail, '2026/11/24/08/one.gz'), gzipSync(events.map((event) => JSON.stringify(event)).join('')));
const tableOf = (Items: readonly unknown[]) => {
  const file = join(folder, `table-${Items.length}.json`);
  writeFileSync(
    file,
    JSON.stringify({ Items, Count: Items.length, ScannedCount: Items.length, ConsumedCapacity: null }),
  );
  return file;
};
const verify = (table: string, ...more: readonly string[]) =>
  auditCommand(['verify', '--trail', trail, '--table', table, ...more], START + 3_600_000);

it('says so where nothing was done, and names what was', () => {
  expect(verify(tableOf(items))).toEqual({
    text: '2 records, 2 changes: nothing was changed, removed or forged',
    code: 0,
  });
  const { text, code } = verify(tableOf(items.slice(1)));
  expect({ lines: text.split('\n'), code }).toEqual({
    lines: [`${ids[0]}\tremoved\t–\tit is not in the table any more`, '2 records, 2 changes: 1 findings'],
    code: 1,
  });
  expect(JSON.parse(verify(tableOf(items.slice(1)), '--json').text)).toMatchObject({
    findings: [{ id: ids[0], problem: 'removed' }],
  });
});

it('refuses what it cannot read, rather than to find nothing', () => {
  const broken = join(folder, 'broken');
  mkdirSync(broken);
  const isUsage = (args: readonly string[]) => expect(() => auditCommand(args), args.join(' ')).toThrow(UsageError);
  isUsage(['verify', '--trail', join(folder, 'none'), '--table', tableOf(items)]);
  isUsage(['verify', '--trail', broken, '--table', tableOf(items)]);
  for (const text of ['{"eventID":"e"}', '{"eventID":', 'x{}']) {
    writeFileSync(join(broken, 'one'), text);
    isUsage(['verify', '--trail', broken, '--table', tableOf(items)]);
  }
  isUsage(['verify', '--trail', trail, '--table', join(broken, 'one')]);
  isUsage(['verify', '--trail', trail]);
  isUsage(['check']);
});

it('tells objects apart whatever their texts hold', () => {
  const parts = ['{"a":"}{\\"\\\\"}', '{"b":{"c":{}}}'];
  expect(splitObjects(parts.join(''))).toEqual(parts);
  expect(splitObjects(parts.join('\n \r\n'))).toEqual(parts);
  expect(splitObjects('')).toEqual([]);
});
