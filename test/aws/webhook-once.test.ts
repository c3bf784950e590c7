import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/wiring/receiver-services.ts';
import { channel } from '../../lib/chatops/channels/webhook/channel.ts';
import { AppError } from '../../lib/errors.ts';
import { dynamoReplayStore } from '../../lib/state/dynamodb-chat-stores.ts';
import { STATE_TABLE } from '../../lib/state/tables.ts';
import { event, good, NOW, SOURCES } from '../support/chat/a-receiver.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';
import { signedByWebhook } from '../support/chat/sign.ts';
import { createTable } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
const client = dynamodb?.client ?? new DynamoDBClient({ region: 'us-east-1' });
afterAll(() => dynamodb?.stop());

describe.skipIf(!dynamodb)(`a webhook's ID in DynamoDB${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  const receiverOver = async (table: string, handOver: () => Promise<void>) => {
    // By the clock of today, since the store removes by it what has expired; only signatures are of NOW.
    const replays = dynamoReplayStore(client, await createTable(client, table, STATE_TABLE));
    const handler = createHandler(channel, async () => ({ secrets: CHAT_SECRETS, replays, handOver, now: () => NOW }));
    return async (request = good.webhook()) => {
      const { statusCode, body } = await handler(event(request, SOURCES.webhook));
      const { code, accepted } = JSON.parse(body);
      return `${statusCode} ${code ?? accepted}`;
    };
  };
  const another = () => signedByWebhook({ command: 'blockers local', post: 'slack:ops' }, NOW);

  it('has one effect and the same answer, however often and by how many at once it comes', async () => {
    let handedOver = 0;
    const send = await receiverOver('webhook-once', async () => {
      handedOver++;
    });

    const atOnce = await Promise.all(Array.from({ length: 8 }, () => send()));
    const after = [await send(), await send()];

    expect(handedOver).toBe(1);
    expect(atOnce).toContain('200 true');
    for (const answer of atOnce) expect(['200 true', '409 idempotency-in-flight']).toContain(answer);
    expect(after).toEqual(['200 true', '200 true']);
  });

  it('is refused with 422 where it comes with another body', async () => {
    let handedOver = 0;
    const send = await receiverOver('webhook-reused', async () => {
      handedOver++;
    });

    expect([await send(), await send(another()), await send()]).toEqual([
      '200 true',
      '422 idempotency-key-reused',
      '200 true',
    ]);
    expect(handedOver).toBe(1);
  });

  it('is refused with 409 until its first request is handed over', async () => {
    const entered = Promise.withResolvers<void>();
    const leave = Promise.withResolvers<void>();
    const send = await receiverOver('webhook-in-flight', () => {
      entered.resolve();
      return leave.promise;
    });

    const first = send();
    await entered.promise;
    expect([await send(), await send(another())]).toEqual(['409 idempotency-in-flight', '422 idempotency-key-reused']);
    leave.resolve();
    expect([await first, await send()]).toEqual(['200 true', '200 true']);
  });

  it('is free again, with any body, once its hand-over failed', async () => {
    let isBroken = true;
    const send = await receiverOver('webhook-freed', async () => {
      if (isBroken) throw new AppError('state-unavailable');
    });

    const failed = await send();
    isBroken = false;
    expect([failed, await send(another())]).toEqual(['503 state-unavailable', '200 true']);
  });
});
