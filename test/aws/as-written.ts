import { join } from 'node:path';
import { type AttributeValue, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { createDynamoDbAuditStore } from '../../lib/audit/dynamodb-audit-store.ts';
import { anAnswer } from '../../lib/chatops/messages/answer.ts';
import { type ChatJob, createSqsHandOver } from '../../lib/chatops/worker/hand-over.ts';
import { createSqsReapQueue } from '../../lib/fleet/sqs-reap-queue.ts';
import { dynamoReplayStore, dynamoRequestStore } from '../../lib/state/dynamodb-chat-stores.ts';
import { createDynamoDbKillCounter } from '../../lib/state/dynamodb-kill-counter.ts';
import { createDynamoDbStopStore } from '../../lib/state/dynamodb-stop-store.ts';
import { createDynamoDbWarningStore } from '../../lib/state/dynamodb-warning-store.ts';
import type { ChatRequest } from '../../lib/state/request-store.ts';
import { AUDIT_TABLE, STATE_TABLE } from '../../lib/state/tables.ts';
import { anIntent, NOTHING, TERMINATED } from '../contract/an-intent.ts';
import { createTable } from './create-table.ts';

/** The file that has {@link Written} of the last release. `npm run baseline` writes it. */
export const RECORDED = join(import.meta.dirname, 'recorded.json');

type Item = Record<string, AttributeValue>;

/** What one version leaves for another: items of both tables, and messages of both queues. */
export interface Written {
  readonly audit: readonly Item[];
  readonly state: readonly Item[];
  readonly orders: readonly unknown[];
  readonly jobs: readonly unknown[];
}

/** Where a version keeps all that. */
export interface Stores {
  readonly client: DynamoDBClient;
  readonly audit: string;
  readonly state: string;
}

/** So late that nothing recorded is ever removed for its age. */
export const NOW = Date.UTC(2200, 0);
const now = () => NOW;
const YEARS = 99_999;

/** The stores of both tables, at the time of what is recorded. */
export const storesOf = ({ client, audit, state }: Stores) => ({
  audit: createDynamoDbAuditStore({ client, table: audit, retentionDays: YEARS }),
  stops: createDynamoDbStopStore({ client, table: state }),
  replays: dynamoReplayStore(client, state, now),
  requests: dynamoRequestStore(client, state, now),
  warnings: createDynamoDbWarningStore({ client, table: state }, now),
  kills: createDynamoDbKillCounter({ client, table: state }, now),
});

/** Both tables, as a deployment has them. */
export const newStores = async (client: DynamoDBClient, name: string): Promise<Stores> => ({
  client,
  audit: await createTable(client, `${name}-audit`, AUDIT_TABLE),
  state: await createTable(client, `${name}-state`, STATE_TABLE),
});

const STOP = { by: { source: 'jwt', subject: 'ada' }, reason: 'an upgrade', since: '2200-01-01T00:00:00.000Z' };

const REQUEST: ChatRequest = {
  id: 'a-request-of-22-letter',
  wanted: { do: 'kill', kind: 'query', target: 'pay', id: '42', tag: 't' },
  about: '42 · app',
  requester: {
    source: 'slack',
    subject: 'eve',
    groups: ['asker'],
    claims: {},
    chat: { identities: ['T1/U1'], isMapped: true },
  },
  approvers: { group: 'dba' },
  auditId: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  reason: 'it hangs',
  expiresAt: NOW + 60_000,
  state: 'open',
  decidedBy: null,
};

const ORDER = { target: 'pay', reaper: 'idle-app', dueAt: '2200-01-01T00:00:00.000Z', planId: '2200-01-01T00:00Z' };

const JOBS: readonly ChatJob[] = [
  {
    do: 'post',
    requestId: 'run-1',
    jobId: 'job-1',
    to: { channel: 'place', place: 'slack:ops' },
    answer: anAnswer('Three sessions were ended', { audience: 'all' }),
    warnings: [{ name: 'pay#idle-app#tag', askedAt: NOW }],
  },
  {
    do: 'send',
    requestId: 'run-1',
    jobId: 'job-2',
    to: 'pager',
    event: {
      type: 'reaper.ended',
      timestamp: '2200-01-01T00:00:00.000Z',
      data: { target: 'pay', reaper: 'idle-app', kill: 'connection', correlationId: 'run-1', victims: [], omitted: 0 },
    },
  },
];

/** Has the present version write one of each. */
export async function writeAll(stores: Stores): Promise<Written> {
  const { audit, stops, replays, requests, warnings, kills } = storesOf(stores);
  const [full, bare, denied] = [anIntent(), anIntent(NOTHING), anIntent({ target: 'shop', approver: null })];
  await audit.finish(await audit.begin(full), TERMINATED);
  await audit.begin(bare);
  const approver = { source: 'slack', subject: 'grace' };
  await audit.finish(await audit.begin(denied), { outcome: 'refused', proven: true, detail: 'denied', approver });
  await audit.note(anIntent({ kind: 'read' }), { outcome: 'shown', proven: true, detail: null });
  await stops.put(STOP);
  await replays.claim('webhook/1', 'hash');
  await replays.confirm('webhook/1', 60, 'hash');
  await replays.claim('webhook/2', 'hash');
  await requests.putAll([REQUEST, { ...REQUEST, id: 'another-of-22-letters-' }]);
  await requests.decide(REQUEST.id, 'approved', 'grace');
  await kills.take('jwt/ada/1', 3, 10, 60);
  await warnings.ask('asked', { askedAt: NOW, extensions: 0, keptBy: null }, undefined, 60);
  await warnings.ask('kept', { askedAt: NOW, extensions: 0, keptBy: null }, undefined, 60);
  await warnings.told('kept', NOW, NOW + 1);
  await warnings.keep('kept', { until: NOW + 60_000, by: 'ada', most: 2, seconds: 60 });

  const sent: string[] = [];
  const client = {
    send: async ({ input }: { readonly input: { MessageBody?: string; Entries?: { MessageBody: string }[] } }) => {
      sent.push(...(input.Entries ?? [input]).map(({ MessageBody = '' }) => MessageBody));
      return {};
    },
  } as unknown as SQSClient;
  await createSqsReapQueue({ client, url: 'reaps' }).send([ORDER]);
  const handOver = createSqsHandOver({ client, url: 'chat' });
  for (const job of JOBS) await handOver(job);
  const [order, ...jobs] = sent.map((body): unknown => JSON.parse(body));
  return {
    audit: await all(stores.client, stores.audit),
    state: await all(stores.client, stores.state),
    orders: [order],
    jobs,
  };
}

/** By their keys, of which those of the record are new each time, in the order of writing. */
async function all(client: DynamoDBClient, TableName: string): Promise<readonly Item[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName, ConsistentRead: true }));
  return Items.toSorted((a, b) => String(a['id']?.S).localeCompare(String(b['id']?.S)));
}
