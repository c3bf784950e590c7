import { readFileSync } from 'node:fs';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatJob } from '../../lib/chatops/worker/hand-over.ts';
import type { Post } from '../../lib/chatops/worker/poster.ts';
import { workOnJob } from '../../lib/chatops/worker/work.ts';
import { parseReapOrder } from '../../lib/fleet/reap-order.ts';
import { memoryReplayStore } from '../../lib/state/replay-store.ts';
import { memoryWarningStore } from '../../lib/state/warning-store.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';
import { NOW, newStores, RECORDED, type Stores, storesOf, type Written, writeAll } from './as-written.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const before: Written = JSON.parse(readFileSync(RECORDED, 'utf8'));
const { dynamodb, skipped } = await startDynamoDbLocal();
afterAll(() => dynamodb?.stop());

describe.skipIf(!dynamodb)(`upgrade and rollback${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  let old: Stores;
  let now: Written;
  beforeAll(async () => {
    if (dynamodb === undefined) return;
    old = await newStores(dynamodb.client, 'upgrade');
    for (const [table, items] of [
      [old.audit, before.audit],
      [old.state, before.state],
    ] as const)
      for (const Item of items) await dynamodb.client.send(new PutItemCommand({ TableName: table, Item }));
    now = await writeAll(await newStores(dynamodb.client, 'rollback'));
  });

  it('an earlier version’s record is listed whole, and its open intents are found and closed', async () => {
    const { audit } = storesOf(old);
    const listed = await audit.list({ target: 'pay', limit: 10 });
    expect(listed.toReversed()).toMatchObject([
      { outcome: 'terminated', proven: true, sessionId: '18446744073709551615', approver: { subject: 'bob' } },
      { outcome: null, sessionId: null, user: null, statement: null },
      { outcome: 'shown', kind: 'read', filter: '{"user":"app"}', count: 3 },
    ]);
    // What a version does not know yet is nothing, and never missing.
    for (const record of listed) expect(Object.values(record)).not.toContain(undefined);
    const open = await audit.open({ before: new Date(NOW).toISOString(), limit: 10 });
    expect(open).toHaveLength(1);
    await audit.finish(open[0]?.id ?? '', { outcome: 'unknown', proven: false, detail: null });
    expect(await audit.list({ target: 'shop', limit: 1 })).toMatchObject([
      { outcome: 'refused', detail: 'denied', approver: { source: 'slack', subject: 'grace' } },
    ]);
  });

  it('its stop holds, its counts count, and what was seen is not done again', async () => {
    const { kills, replays, stops } = storesOf(old);
    expect(await stops.read()).toMatchObject({ by: { subject: 'ada' }, reason: 'an upgrade' });
    expect(await kills.take('jwt/ada/1', 8, 10, 60)).toBe(false);
    expect(await kills.take('jwt/ada/1', 7, 10, 60)).toBe(true);
    expect(await replays.claim('webhook/1', 'hash')).toBe('done');
    expect(await replays.claim('webhook/2', 'hash')).toBe('in-flight');
  });

  it('its buttons and warnings go on', async () => {
    const { requests, warnings } = storesOf(old);
    expect(await requests.get('a-request-of-22-letter')).toMatchObject({ state: 'approved', decidedBy: 'grace' });
    expect(await requests.decide('a-request-of-22-letter', 'denied', 'bob')).toBe(false);
    expect(await requests.decide('another-of-22-letters-', 'denied', 'bob')).toBe(true);
    const known = await warnings.read(['asked', 'kept']);
    expect(known.get('asked')).toMatchObject({ toldAt: null, keptUntil: null, isEnding: false });
    expect(known.get('kept')).toMatchObject({ toldAt: NOW + 1, keptUntil: NOW + 60_000, keptBy: 'ada' });
    expect(await warnings.beginEnd('asked', NOW)).toBe(false);
  });

  it('its messages are worked on', async () => {
    expect(before.orders.map((order) => parseReapOrder(JSON.stringify(order)))).toEqual(before.orders);
    const posted: string[] = [];
    const services = {
      config: { access: [], chat: { people: [], webhooks: {}, alerts: {} } },
      secrets: CHAT_SECRETS,
      poster: {
        post: async ({ body }: Post) => {
          posted.push(JSON.stringify(body));
          return 'ok';
        },
      },
      runCommand: () => Promise.reject(new Error('no one asked')),
      later: () => Promise.reject(new Error('nothing is late')),
      state: async () => ({ replays: memoryReplayStore(), warnings: memoryWarningStore() }),
    };
    for (const job of before.jobs) await workOnJob(services as never, job as ChatJob);
    expect(posted).toEqual([
      expect.stringContaining('Three sessions were ended'),
      expect.stringContaining('reaper.ended'),
    ]);
  });

  it('an earlier version, which reads orders strictly, gets no field that it does not know', () => {
    expect(now.orders.map(shapeOf)).toEqual(before.orders.map(shapeOf));
  });

  it('and finds every field that it wrote itself, of the same type, in items and messages', () => {
    for (const place of ['audit', 'state', 'jobs'] as const) {
      expect(now[place]).toHaveLength(before[place].length);
      expect(now[place].map(shapeOf)).toMatchObject(before[place].map(shapeOf));
    }
  });
});

/** A value with the types of what it holds in place of the values; text that is JSON is looked into. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shapeOf(one)]));
  if (typeof value === 'string' && value.startsWith('{')) return shapeOf(readJson(value));
  return value === null ? 'null' : typeof value;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.length;
  }
}
