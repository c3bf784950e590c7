import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type AuditOutcome, isOpen } from '../audit.ts';

/**
 * Adds the outcome to an open intent, once; `pending` leaves it open.
 *
 * @returns false for a record that is unknown or closed already
 */
export async function closeIntent(
  client: DynamoDBClient,
  table: string,
  id: string,
  { outcome, proven, detail, approver }: AuditOutcome,
): Promise<boolean> {
  const closedBy = randomUUID();
  const removed = [...(isOpen({ outcome }) ? [] : ['#open']), ...(detail === null ? ['#detail'] : [])];
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { id: { S: id } },
        ConditionExpression: 'attribute_exists(#open)',
        UpdateExpression: [
          'SET #outcome = :outcome, proven = :proven, outcomeAt = :at, closedBy = :by',
          ...(detail === null ? [] : [', #detail = :detail']),
          ...(approver === undefined ? [] : [', approver = :approver, approverSource = :approverSource']),
          ...(removed.length === 0 ? [] : [` REMOVE ${removed.join(', ')}`]),
        ].join(''),
        ExpressionAttributeNames: {
          '#open': 'open',
          '#outcome': 'outcome',
          '#detail': 'detail',
        },
        ExpressionAttributeValues: {
          ':outcome': { S: outcome },
          ':proven': { BOOL: proven },
          ':at': { S: new Date().toISOString() },
          ':by': { S: closedBy },
          ...(detail !== null && { ':detail': { S: detail } }),
          ...(approver !== undefined && {
            ':approver': { S: approver.subject },
            ':approverSource': { S: approver.source },
          }),
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    // Ours, where the answer to an earlier try of this very call was lost.
    return error.Item?.['closedBy']?.S === closedBy;
  }
}
