import { writeFileSync } from 'node:fs';
import { newStores, RECORDED, writeAll } from './as-written.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

// At a release: from then on, later versions are compared with what this one writes.
const { dynamodb, skipped } = await startDynamoDbLocal();
if (dynamodb === undefined) throw new Error(skipped);
try {
  const written = await writeAll(await newStores(dynamodb.client, 'recorded'));
  writeFileSync(RECORDED, `${JSON.stringify(written, null, 1)}\n`);
} finally {
  await dynamodb.stop();
}
