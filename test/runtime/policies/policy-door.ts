import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DescribeSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { forward } from '../../aws/faulty-dynamodb.ts';
import { type Account, ARNS } from './account.ts';
import { needsOf, type Signed, signatureOf } from './needs.ts';
import { type Decision, decide, type Grant, grantsOf, type Need, type Statement } from './policy.ts';

/** A role, by the access key of who has it. */
interface Role {
  readonly name: string;
  readonly statements: readonly Statement[];
}

/** What is behind the door, by the name of the service in a signature. */
export interface Emulators {
  readonly dynamodb: string;
  readonly secretsmanager: string;
  readonly sqs: string;
  readonly lambda: string;
}

/**
 * The way from functions to AWS: who asks is known by the access key, what is asked by the signed request, and a request that
 * the role's policies in the template do not allow is refused as AWS refuses it. Where it needs a key of ours, it needs the
 * use of that key, too.
 */
export async function startPolicyDoor() {
  const roles = new Map<string, Role>();
  const used = new Map<string, Set<string>>();
  const refusals: string[] = [];
  let behind:
    | { readonly account: Account; readonly emulators: Emulators; readonly secrets: SecretsManagerClient }
    | undefined;

  const server = createServer(async (incoming, answer) => {
    const body = Buffer.concat(await incoming.toArray());
    const signed = signatureOf(incoming);
    const role = roles.get(signed?.key ?? '');
    if (signed === undefined || role === undefined || behind === undefined)
      return refuse(
        answer,
        signed,
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
    const { account, emulators, secrets } = behind;
    const operation = String(incoming.headers['x-amz-target']).replace(/^.*\./, '');
    try {
      const needs = needsOf(signed.service, incoming.url ?? '', operation, body.toString(), ARNS);
      const all = (await Promise.all(needs.map((need) => withKeys(need, signed, account, secrets)))).flat();
      for (const need of all) {
        const context = { ...need.context, 'lambda:SourceFunctionArn': [ARNS.function(role.name)] };
        const decision = decide(role.statements, { ...need, context });
        if ('denied' in decision) throw new Error(toSentence(role, need, decision));
        for (const grant of decision.by) noteUse(role, grant);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      refusals.push(why);
      return refuse(answer, signed, 'AccessDeniedException', why);
    }
    const to = emulators[signed.service as keyof Emulators];
    // DynamoDB Local has a database for each access key.
    const authorization = String(incoming.headers.authorization).replace(
      `Credential=${signed.key}/`,
      'Credential=test/',
    );
    const { status, headers, text } = await forward(to, incoming, body, { authorization });
    answer.writeHead(status, headers).end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const noteUse = ({ name }: Role, grant: Grant) => {
    const own = used.get(name) ?? new Set();
    used.set(name, own.add(JSON.stringify(grant)));
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Opens the door to these. */
    open: (to: NonNullable<typeof behind>) => {
      behind = to;
    },
    /** The access key of a function's role, which lacks these actions. */
    keyFor: (name: string, statements: readonly Statement[], without: readonly string[] = []): string => {
      const key = [name, ...without].join('!');
      const left = statements.map((statement) => ({
        ...statement,
        Action: [statement.Action].flat().filter((action) => !without.includes(action)),
      }));
      roles.set(key, { name, statements: left });
      return key;
    },
    /** Why requests were refused, in AWS's words. */
    refusals,
    /** What the role of a function allows and no request needed so far. */
    unused: (name: string, statements: readonly Statement[]): readonly Grant[] =>
      statements.flatMap(grantsOf).filter((grant) => used.get(name)?.has(JSON.stringify(grant)) !== true),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const toSentence = ({ name }: Role, { action, resource }: Need, { denied }: Extract<Decision, { denied: string }>) =>
  `User: arn:aws:sts::123456789012:assumed-role/${name}/${name} is not authorized to perform: ${action} on resource: ${resource} ${denied}`;

const READ = ['kms:Decrypt', 'kms:DescribeKey'];
const WRITE = [...READ, 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

/** What AWS documents that use of a key takes, by the action that makes use of what the key encrypts. */
const KEY_ACTIONS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^dynamodb:(?:Get|BatchGet|Query)/, READ],
  [/^dynamodb:/, WRITE],
  [/^sqs:SendMessage$/, ['kms:Decrypt', 'kms:GenerateDataKey']],
  [/^sqs:ReceiveMessage$/, ['kms:Decrypt']],
  [/^secretsmanager:GetSecretValue$/, ['kms:Decrypt']],
];

/** A need with its secret as it really is called and tagged, and what its key takes besides. */
async function withKeys(
  need: Need,
  { region }: Signed,
  account: Account,
  secrets: SecretsManagerClient,
): Promise<readonly Need[]> {
  const [service = ''] = need.action.split(':');
  let [key, real] = [account.keyOf(need.resource.replace(/\/index\/.*$/, '')), need];
  if (service === 'secretsmanager' && need.resource !== '*') {
    const SecretId = need.resource.replace(/^.*:secret:/, '');
    const found = await secrets.send(new DescribeSecretCommand({ SecretId })).catch(() => undefined);
    const tags = found?.Tags?.map(({ Key, Value }) => [`secretsmanager:ResourceTag/${Key}`, [Value ?? '']]) ?? [];
    // Of a secret that is not there AWS knows the name only.
    real = { ...need, resource: found?.ARN ?? need.resource, context: Object.fromEntries(tags) };
    key = found?.KmsKeyId;
  }
  if (key === undefined) return [real];
  const resource = key;
  const [, actions = []] = KEY_ACTIONS.find(([of]) => of.test(need.action)) ?? [];
  const context = { 'kms:ViaService': [`${service}.${region}.amazonaws.com`] };
  return [real, ...actions.map((action) => ({ action, resource, context }))];
}

/** As each service refuses: SQS tells the name in the words of its older protocol, Lambda in a header. */
function refuse(answer: ServerResponse, signed: Signed | undefined, name: string, message: string): void {
  const type = { 'content-type': 'application/x-amz-json-1.0' };
  const body = JSON.stringify({ __type: `com.amazon.coral.service#${name}`, message, Message: message });
  if (signed?.service === 'lambda') answer.writeHead(403, { ...type, 'x-amzn-errortype': name }).end(body);
  else if (signed?.service === 'sqs')
    answer.writeHead(403, { ...type, 'x-amzn-query-error': 'AccessDenied;Sender' }).end(body);
  else answer.writeHead(400, type).end(body);
}
