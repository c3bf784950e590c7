import type { Template } from 'aws-cdk-lib/assertions';
import { functionsOf, type Resource } from '../../infra/resources.ts';

/** Whose the emulators are. */
const OF: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '123456789012',
  'AWS::URLSuffix': 'amazonaws.com',
};

const arnOf = (service: string, resource: string): string =>
  `arn:${OF['AWS::Partition']}:${service}:${OF['AWS::Region']}:${OF['AWS::AccountId']}:${resource}`;

/** What a template becomes in the account of the emulators, where each resource is called after its logical ID. */
export interface Account {
  /** What CloudFormation makes of a value. @throws Error for what nothing here stands for */
  readonly resolve: (value: unknown) => string;
  /** The same with every value that is in a list or an object. */
  readonly resolveAll: (value: unknown) => unknown;
  /** Resources of a type: names, properties, logical IDs. */
  readonly all: (type: string) => readonly (readonly [name: string, properties: Resource['Properties'], id: string])[];
  /** The key of ours that encrypts a table or a queue, by its ARN. */
  readonly keyOf: (arn: string) => string | undefined;
}

/** @param endpoint - where queues are spoken to */
export function accountOf(template: Template, endpoint: string): Account {
  const { Resources }: { Resources?: Record<string, Resource> } = template.toJSON();
  const functions = new Map([...functionsOf(template)].map(([name, { id }]) => [id, name]));

  /** What `Ref` and `Arn` of a resource are. */
  const known = (id: string): { readonly ref: string; readonly arn: string } => {
    const name = functions.get(id) ?? nameOf(id);
    switch (Resources?.[id]?.Type) {
      case 'AWS::DynamoDB::Table':
        return { ref: name, arn: arnOf('dynamodb', `table/${name}`) };
      case 'AWS::SQS::Queue':
        return { ref: `${endpoint}/${OF['AWS::AccountId']}/${name}`, arn: arnOf('sqs', name) };
      case 'AWS::Lambda::Function':
        return { ref: name, arn: arnOf('lambda', `function:${name}`) };
      case 'AWS::KMS::Key':
        return { ref: name, arn: arnOf('kms', `key/${name}`) };
      case 'AWS::Logs::LogGroup':
        return { ref: name, arn: arnOf('logs', `log-group:${name}:*`) };
      default:
        throw new Error(`nothing here stands for ${id}`);
    }
  };
  const nameOf = (id: string): string => (Resources?.[id]?.Properties?.FifoQueue === true ? `${id}.fifo` : id);

  const resolve = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) return String(value);
    const [[how = '', of] = []] = Object.entries(value);
    if (how === 'Ref') return OF[String(of)] ?? known(String(of)).ref;
    if (how === 'Fn::Join') {
      const [between, parts] = of as readonly [string, readonly unknown[]];
      return parts.map(resolve).join(between);
    }
    const [id = '', attribute = ''] = how === 'Fn::GetAtt' ? (of as readonly string[]) : [];
    if (attribute === 'Arn') return known(id).arn;
    throw new Error(`nothing here stands for ${JSON.stringify(value)}`);
  };
  const resolveAll = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolveAll);
    if (typeof value !== 'object' || value === null) return value;
    const [first = '', ...others] = Object.keys(value);
    if (others.length === 0 && /^(?:Ref$|Fn::)/.test(first)) return resolve(value);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolveAll(one)]));
  };
  const all = (type: string) =>
    Object.entries(Resources ?? {}).flatMap(([id, { Type, Properties }]) =>
      Type === type ? [[nameOf(id), Properties, id] as const] : [],
    );
  const keys = new Map(
    [...all('AWS::DynamoDB::Table'), ...all('AWS::SQS::Queue')].flatMap(([, properties, id]) => {
      const key = properties.SSESpecification?.KMSMasterKeyId ?? properties.KmsMasterKeyId;
      return key === undefined ? [] : [[known(id).arn, resolve(key)] as const];
    }),
  );
  return { resolve, resolveAll, all, keyOf: (arn) => keys.get(arn) };
}

/** ARNs of what requests name. */
export const ARNS = {
  table: (name: string) => arnOf('dynamodb', `table/${name}`),
  queue: (url: string) => arnOf('sqs', url.slice(url.lastIndexOf('/') + 1)),
  function: (name: string) => arnOf('lambda', `function:${name}`),
  secret: (id: string) => (id.startsWith('arn:') ? id : arnOf('secretsmanager', `secret:${id}`)),
};
