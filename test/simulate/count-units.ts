import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AUDIT_TABLE } from '../../lib/state/tables.ts';

/** Units that DynamoDB says it took, indexes included. */
export interface Units {
  readonly take: () => { readonly writeUnits: number; readonly readUnits: number };
}

interface Consumed {
  readonly CapacityUnits?: number;
}

const unitsOf = (consumed: unknown): number =>
  [consumed].flat().reduce((sum: number, one) => sum + ((one as Consumed | undefined)?.CapacityUnits ?? 0), 0);

/** A transaction writes each item twice, and each of the record's indexes once. DynamoDB Local counts one item of many only. */
const TRANSACTED = 2 + AUDIT_TABLE.indexes.length;

/** Has every call of a client tell what it took. A write whose condition did not hold takes a unit too. */
export function countUnits(client: DynamoDBClient): Units {
  let [writeUnits, readUnits] = [0, 0];
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const isRead = /^(Get|BatchGet|Query|Scan)/.test(commandName);
        try {
          const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
          const items = (args.input as { readonly TransactItems?: readonly unknown[] }).TransactItems;
          const told = unitsOf((result.output as { readonly ConsumedCapacity?: unknown }).ConsumedCapacity);
          const units = items === undefined ? told : items.length * TRANSACTED;
          if (isRead) readUnits += units;
          else writeUnits += units;
          return result;
        } catch (error) {
          if (!isRead) writeUnits++;
          throw error;
        }
      },
    { step: 'initialize' },
  );
  return {
    take: () => {
      const taken = { writeUnits, readUnits };
      [writeUnits, readUnits] = [0, 0];
      return taken;
    },
  };
}
