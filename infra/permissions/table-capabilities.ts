import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { AUDIT_ATTRIBUTES } from '../../lib/state/tables.ts';
import { allow, allowVia, type Capability, type Resources, targetEnvironment } from './grant.ts';

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html */
const READ = ['kms:Decrypt', 'kms:DescribeKey'];
const WRITE = [...READ, 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

const use = (scope: Construct, key: IKey | undefined, actions: readonly string[]): readonly PolicyStatement[] =>
  key === undefined ? [] : [allowVia(scope, 'dynamodb', [key.keyArn], actions)];

const audit = ({ auditTable, auditRetentionDays }: Resources) => ({
  AUDIT_TABLE: auditTable.tableName,
  AUDIT_RETENTION_DAYS: String(auditRetentionDays),
});

const onIndexes = ({ auditTable }: Resources, names: readonly string[]): PolicyStatement =>
  allow(
    ['dynamodb:Query'],
    names.map((name) => `${auditTable.tableArn}/index/${name}`),
  );

/**
 * Writing these attributes of the record and no others, and being told nothing of what stood there. IAM cannot forbid that a
 * put overwrites an item; what this leaves open the trail shows.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
const write = (
  { auditTable }: Resources,
  operation: 'PutItem' | 'UpdateItem',
  attributes: readonly string[],
): PolicyStatement =>
  new PolicyStatement({
    actions: [`dynamodb:${operation}`],
    resources: [auditTable.tableArn],
    conditions: {
      'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes },
      StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' },
    },
  });

/** Intents, and what closes them; no reading, no deleting. */
export const writeAudit: Capability = (resources) => ({
  statements: [
    write(resources, 'PutItem', AUDIT_ATTRIBUTES.intent),
    write(resources, 'UpdateItem', AUDIT_ATTRIBUTES.closing),
    ...use(resources.scope, resources.auditKey, WRITE),
  ],
  environment: audit(resources),
});

/** Who was shown statements with their literals. */
export const recordReads: Capability = (resources) => ({
  statements: [write(resources, 'PutItem', AUDIT_ATTRIBUTES.read), ...use(resources.scope, resources.auditKey, WRITE)],
  environment: audit(resources),
});

/** Listings of the record; a chat lists by target only. */
export const readAudit: Capability = (resources, name) => ({
  statements: [
    onIndexes(resources, name === 'run-command' ? ['byTarget'] : ['byTarget', 'byPrincipal', 'byMonth']),
    allow(['dynamodb:BatchGetItem'], [resources.auditTable.tableArn]),
    ...use(resources.scope, resources.auditKey, READ),
  ],
  // The services of every function ask which secrets are targets, though none is read here.
  environment: { ...targetEnvironment(resources), ...audit(resources) },
});

/** Outcomes for intents that were left open. */
export const sweepAudit: Capability = (resources) => ({
  statements: [
    onIndexes(resources, ['byOpen']),
    allow(['dynamodb:BatchGetItem'], [resources.auditTable.tableArn]),
    write(resources, 'UpdateItem', AUDIT_ATTRIBUTES.closing),
    ...use(resources.scope, resources.auditKey, WRITE),
  ],
  environment: audit(resources),
});

type Operation = 'GetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'BatchGetItem' | 'BatchWriteItem';

const isRead = (operation: Operation): boolean => operation === 'GetItem' || operation === 'BatchGetItem';

/** What may be done with items of the state table whose key begins so; `#` ends each part of a name. */
const onState =
  (
    prefixes: readonly string[] | ((name: string) => readonly string[]),
    ...operations: readonly Operation[]
  ): Capability =>
  (resources, name) => {
    const statement = allow(
      operations.map((operation) => `dynamodb:${operation}`),
      [resources.stateTable.tableArn],
    );
    const keys = (typeof prefixes === 'function' ? prefixes(name) : prefixes).map((prefix) => `${prefix}*`);
    statement.addCondition('ForAllValues:StringLike', { 'dynamodb:LeadingKeys': keys });
    // Of a request without keys all of none are like it.
    statement.addCondition('Null', { 'dynamodb:LeadingKeys': 'false' });
    return {
      statements: [
        statement,
        ...use(resources.scope, resources.encryptionKey, operations.every(isRead) ? READ : WRITE),
      ],
      environment: { STATE_TABLE: resources.stateTable.tableName },
    };
  };

/** Several on the same table. */
const together =
  (...parts: readonly Capability[]): Capability =>
  (resources, name) => {
    const grants = parts.map((part) => part(resources, name));
    return {
      statements: grants.flatMap(({ statements }) => statements),
      environment: Object.assign({}, ...grants.map(({ environment }) => environment)),
    };
  };

/** Requests that bear an `Idempotency-Key`, of this operation. */
export const rememberRequests = onState(
  (name) => [`idempotency/${name}#`],
  'GetItem',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
);

/** How many each principal has ended in this minute. */
export const countKills = onState(['kills#'], 'UpdateItem');

/** Whether every kill is stopped. */
export const readStop = onState(['stop'], 'GetItem');

/** Stopping them. */
export const throwStop = onState(['stop'], 'GetItem', 'PutItem');

/** Ending that. */
export const endStop = onState(['stop'], 'GetItem', 'DeleteItem');

/** Webhooks of the function's own platform that were here before. */
export const rememberReplays = onState((name) => [`replay#${name}/`], 'PutItem');

/** What buttons of chats stand for. */
export const decideRequests = onState(['request#'], 'GetItem', 'UpdateItem', 'BatchWriteItem');

/** What became of a question that was put to people. */
export const readRequests = onState(['request#'], 'GetItem');

/** Questions for people, and whether they are kept; `send-chat-jobs` sends them. */
export const askPeople: Capability = (resources, name) =>
  resources.chat === undefined ? { statements: [], environment: {} } : ask(resources, name);

const ask = onState(['request#'], 'GetItem', 'BatchWriteItem');

/** A message of reapers is posted once, and its warnings then count as told. */
export const postOnce = together(onState(['replay#post/'], 'PutItem'), onState(['warning#'], 'UpdateItem'));

const warn = together(
  onState(['warning#'], 'PutItem', 'UpdateItem', 'BatchGetItem'),
  onState(['request#'], 'BatchWriteItem'),
);

/** Warnings of victims and their buttons; `send-chat-jobs` sends them. */
export const keepWarnings: Capability = (resources, name) =>
  resources.chat === undefined ? { statements: [], environment: {} } : warn(resources, name);
