import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STATE_TABLE } from '../../lib/aws-tables.ts';
import { atEmulator, bothClients } from './both-clients.ts';
import { createTable } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
afterAll(() => dynamodb?.stop());
const both = await bothClients();
const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);

const VALUES = {
  'more digits than a double has': { N: '12345678901234567890123456789012345678' },
  'less than nothing': { N: '-0.1' },
  'every byte': { B: bytes },
  'no bytes': { B: new Uint8Array() },
  'a set of bytes': { BS: [bytes.slice(0, 3), bytes.slice(250)] },
  'a set of numbers': { NS: ['1', '18446744073709551615'] },
  'a set of texts': { SS: ['"quoted"', 'a', 'ß'] },
  'an empty text': { S: '' },
  'text of many planes': { S: 'naïve Ω 会话 🗡️ \u0000 \u2028 \\" </script>' },
  'null and truth': { L: [{ NULL: true }, { BOOL: false }] },
  'attributes called like types': {
    M: { B: { S: 'aGk=' }, BS: { L: [{ S: 'aGk=' }] }, N: { M: { B: { B: bytes } } } },
  },
} satisfies Readonly<Record<string, AttributeValue>>;

describe.skipIf(!dynamodb).each(both)(
  `values in DynamoDB, by $clients${skipped ? ` - skipped: ${skipped}` : ''}`,
  ({ clients, aws }) => {
    const TableName = `values ${clients}`.replaceAll(/\W/g, '-');
    const client = new aws.DynamoDBClient(atEmulator(dynamodb?.endpoint));
    beforeAll(async () => {
      if (dynamodb) await createTable(dynamodb.client, TableName, STATE_TABLE);
    });

    it.each(Object.entries(VALUES))('are written, and read by either client as they were: %s', async (id, value) => {
      await client.send(new aws.PutItemCommand({ TableName, Item: { id: { S: id }, value } }));

      for (const { aws: reader } of both) {
        const read = new reader.GetItemCommand({ TableName, Key: { id: { S: id } }, ConsistentRead: true });
        const { Item } = await new reader.DynamoDBClient(atEmulator(dynamodb?.endpoint)).send(read);
        expect(Item).toEqual({ id: { S: id }, value });
      }
    });

    it('come with a refused condition, bytes and all', async () => {
      const Item = { id: { S: 'there' }, value: { B: bytes } };
      await client.send(new aws.PutItemCommand({ TableName, Item }));
      const again = {
        TableName,
        Item,
        ConditionExpression: 'attribute_not_exists(id)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      } as const;
      await expect(client.send(new aws.PutItemCommand(again))).rejects.toMatchObject({
        name: 'ConditionalCheckFailedException',
        Item,
      });
      const transaction = new aws.TransactWriteItemsCommand({ TransactItems: [{ Put: again }] });
      await expect(client.send(transaction)).rejects.toMatchObject({
        name: 'TransactionCanceledException',
        CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item }],
      });
    });
  },
);
