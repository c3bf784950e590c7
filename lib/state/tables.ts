/** A global secondary index. All its attributes are text. */
export interface IndexDefinition {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  /** Attributes that the index holds besides the keys. */
  readonly include: readonly string[];
}

/** A DynamoDB table as plain data, from which the deployment and the tests make the same one. The key is text. */
export interface TableDefinition {
  readonly partitionKey: string;
  readonly indexes: readonly IndexDefinition[];
  /** The number (seconds since the epoch) after which DynamoDB removes an item. */
  readonly ttlAttribute: string;
}

/**
 * The audit record. Indexes hold keys only: an outcome then costs no write in them but one in `byOpen`, and a record is
 * always read as it is. `byOpen` is sparse, its attribute goes when the outcome comes. A month is one partition of
 * `byMonth`, so that a listing by time asks for few; DynamoDB takes 1,000 new records a second there, and
 * throttles, which the SDK retries, beyond.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
 */
export const AUDIT_TABLE: TableDefinition = {
  partitionKey: 'id',
  indexes: [
    { name: 'byTarget', partitionKey: 'target', sortKey: 'id', include: ['subject'] },
    { name: 'byPrincipal', partitionKey: 'subject', sortKey: 'id', include: [] },
    { name: 'byMonth', partitionKey: 'month', sortKey: 'id', include: [] },
    { name: 'byOpen', partitionKey: 'open', sortKey: 'id', include: [] },
  ],
  ttlAttribute: 'expiresAt',
};

/** Everything short-lived: idempotency, replay protection, approvals. Names are those that Powertools expects. */
export const STATE_TABLE: TableDefinition = { partitionKey: 'id', indexes: [], ttlAttribute: 'expiration' };

const WHO = ['source', 'subject', 'sessionName', 'sourceIp', 'userAgent', 'issuer', 'client', 'agent'];
const EVERY = ['id', 'target', 'kind', 'sessionId', 'correlationId', 'month', 'expiresAt', ...WHO];
const DECIDED = ['approver', 'approverSource'];

/**
 * The attributes of the audit table that each kind of writing needs, and no function may write others: who ends sessions
 * writes intents and closes them, and who shows statements with their literals writes that.
 */
export const AUDIT_ATTRIBUTES = {
  intent: [
    ...EVERY,
    ...DECIDED,
    ...['approvalRequest', 'rule', 'reaper', 'reason', 'escalates', 'open'],
    ...['sessionTag', 'statementTag', 'user', 'host', 'db', 'command', 'time', 'statement', 'identity'],
  ],
  closing: ['id', 'open', 'outcome', 'proven', 'detail', 'outcomeAt', 'closedBy', ...DECIDED],
  read: [...EVERY, 'filter', 'count', 'outcome', 'proven', 'outcomeAt'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
