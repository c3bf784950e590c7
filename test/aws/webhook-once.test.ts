import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/webhook.ts';
import { STATE_TABLE } from '../../lib/aws-tables.ts';
import { dynamoReplayStore } from '../../lib/chatops/stores/dynamo-stores.ts';
import { event, good, NOW, SOURCES } from '../support/chat/a-receiver.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';
import { createTable } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
const client = dynamodb?.client ?? new DynamoDBClient({ region: 'us-east-1' });
afterAll(() => dynamodb?.stop());

describe.skipIf(!dynamodb)(`a webhook's ID in DynamoDB${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  it('has one effect and the same answer, however often and by how many at once it comes', async () => {
    let handedOver = 0;
    const replays = dynamoReplayStore(client, await createTable(client, 'webhook-once', STATE_TABLE), () =>
      NOW.getTime(),
    );
    const handler = createHandler(async () => ({
      secrets: CHAT_SECRETS,
      replays,
      handOver: async () => {
        handedOver++;
      },
      now: () => NOW,
    }));
    const send = () => handler(event(good.webhook(), SOURCES.webhook));

    const answers = [...(await Promise.all(Array.from({ length: 8 }, send))), await send()];

    expect(handedOver).toBe(1);
    expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`))).toEqual(
      new Set(['200 {"accepted":true}']),
    );
  });
});
