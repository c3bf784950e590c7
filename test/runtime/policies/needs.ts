import type { IncomingMessage } from 'node:http';
import { AUDIT_TABLE, STATE_TABLE } from '../../../lib/state/tables.ts';
import type { Need } from './policy.ts';

/** A request as its signature tells of it. */
export interface Signed {
  /** The access key. */
  readonly key: string;
  readonly region: string;
  readonly service: string;
}

/** Who sends a request, and to which service, by the scope of its signature; `undefined` where there is none. */
export function signatureOf({ headers }: IncomingMessage): Signed | undefined {
  const scope = /Credential=([^/]+)\/\d{8}\/([\w-]+)\/([\w-]+)\/aws4_request/.exec(headers.authorization ?? '');
  const [, key = '', region = '', service = ''] = scope ?? [];
  return scope === null ? undefined : { key, region, service };
}

type Json = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, { readonly S?: string }>>;

const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(object) : []);

/** What a request takes of a role, before anything is known of the resources. @throws Error for what is not known here */
export function needsOf(service: string, path: string, operation: string, text: string, arn: Arns): readonly Need[] {
  if (service === 'lambda') {
    const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path) ?? [];
    if (name === undefined) throw new Error(`not known here: ${path}`);
    return [{ action: 'lambda:InvokeFunction', resource: arn.function(name), context: {} }];
  }
  const body = object(JSON.parse(text));
  const known = { dynamodb: onTable, secretsmanager: onSecret, sqs: onQueue }[service];
  if (known === undefined) throw new Error(`not known here: ${service}`);
  return known(operation, body, arn);
}

/** How resources are called that requests name. */
export interface Arns {
  readonly table: (name: string) => string;
  readonly queue: (url: string) => string;
  /** Of a name or an ARN. */
  readonly secret: (id: string) => string;
  readonly function: (name: string) => string;
}

/** Batches need what each of their messages does. */
function onQueue(operation: string, { QueueUrl }: Json, arn: Arns): readonly Need[] {
  return [{ action: `sqs:${operation.replace(/Batch$/, '')}`, resource: arn.queue(String(QueueUrl)), context: {} }];
}

function onSecret(operation: string, { SecretId }: Json, arn: Arns): readonly Need[] {
  const resource = operation === 'ListSecrets' ? '*' : arn.secret(String(SecretId));
  return [{ action: `secretsmanager:${operation}`, resource, context: {} }];
}

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html */
function onTable(operation: string, body: Json, arn: Arns): readonly Need[] {
  if (operation === 'TransactWriteItems')
    return objects(body['TransactItems']).map((part) => {
      const [[kind = '', write] = []] = Object.entries(part);
      return oneItem(kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`, object(write), arn);
    });
  if (operation === 'BatchGetItem' || operation === 'BatchWriteItem')
    return Object.entries(object(body['RequestItems'])).map(([table, wanted]) => {
      const items =
        operation === 'BatchGetItem'
          ? objects(object(wanted)['Keys'])
          : objects(wanted).map(({ PutRequest, DeleteRequest }) =>
              object(object(PutRequest)['Item'] ?? object(DeleteRequest)['Key']),
            );
      const keys = items.flatMap((item) => keyOf(item));
      // A request without keys has no such key of a condition.
      const context = keys.length > 0 ? { 'dynamodb:LeadingKeys': keys } : {};
      return { action: `dynamodb:${operation}`, resource: arn.table(table), context };
    });
  if (operation === 'Query') {
    const { IndexName } = body;
    const table = arn.table(String(body['TableName']));
    const index = AUDIT_TABLE.indexes.find(({ name }) => name === IndexName);
    const name = index?.partitionKey ?? 'id';
    const { ':p': value } = object(body['ExpressionAttributeValues']) as Item;
    const isKey = namesIn(body).includes(name) && value?.S !== undefined;
    const resource = IndexName === undefined ? table : `${table}/index/${IndexName}`;
    return [{ action: 'dynamodb:Query', resource, context: isKey ? { 'dynamodb:LeadingKeys': [value.S ?? ''] } : {} }];
  }
  if (!/^(?:Get|Put|Update|Delete)Item$/.test(operation)) throw new Error(`not known here: dynamodb:${operation}`);
  return [oneItem(operation, body, arn)];
}

function oneItem(operation: string, body: Json, arn: Arns): Need {
  const item = object(body['Item'] ?? body['Key']);
  const attributes = [...new Set([...Object.keys(item), ...namesIn(body)])];
  return {
    action: `dynamodb:${operation}`,
    resource: arn.table(String(body['TableName'])),
    context: {
      'dynamodb:LeadingKeys': keyOf(item),
      // A read that names none gets all of them, and then there is no such key.
      ...((operation !== 'GetItem' || body['ProjectionExpression'] !== undefined) && {
        'dynamodb:Attributes': attributes,
      }),
      ...(body['ReturnValues'] !== undefined && { 'dynamodb:ReturnValues': [String(body['ReturnValues'])] }),
    },
  };
}

/** Both tables have the same. */
const keyOf = (item: Json): readonly string[] => [String((item as Item)[STATE_TABLE.partitionKey]?.S)];

const WORDS =
  /^(?:SET|REMOVE|ADD|DELETE|AND|OR|NOT|BETWEEN|IN|attribute_(?:not_)?exists|attribute_type|if_not_exists|list_append|begins_with|contains|size)$/i;

/** The attributes that a request's expressions name, by their own names. */
function namesIn(body: Json): readonly string[] {
  const aliases = object(body['ExpressionAttributeNames']);
  const expressions = Object.entries(body).flatMap(([name, text]) =>
    /Expression$/.test(name) && typeof text === 'string' ? [text] : [],
  );
  return expressions.flatMap((text) =>
    [...text.matchAll(/(?<![\w.:#])[#A-Za-z_]\w*/g)]
      .map(([word]) => word)
      .filter((word) => !WORDS.test(word))
      .map((word) => String(aliases[word] ?? word)),
  );
}
