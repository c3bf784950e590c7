import type { Node } from 'constructs';
import { z } from 'zod';
import { CHAT_ROUTES } from '../functions/routes.ts';
import { unknownName } from '../lib/config/nearest.ts';
import type { ChannelFunction } from './function-table.ts';

const text = z.string('write text').min(1, 'write text');

/** Of `cdk.json` an array, of a command line's `-c name=a,b` one text. */
const split = (value: unknown): unknown => (typeof value === 'string' ? value.split(',') : value);
const list = z.preprocess(split, z.array(text, 'write texts').min(1, 'write at least one'));

const flag = z.preprocess(
  (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
  z.boolean('write true or false'),
);

const whole = z.preprocess(
  (value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
  z.int('write a whole number').positive('write a whole number from 1'),
);

const port = z.preprocess(Number, z.int('write ports').min(1, 'write ports').max(65_535, 'write ports'));
const ports = z.preprocess(split, z.array(port, 'write ports').min(1, 'write ports'));

const ENDPOINTS = ['dynamoDb', 'secretsManager', 'sqs'] as const;

const PLATFORMS = CHAT_ROUTES.map(({ name }) => name).join('|');
const CHAT_SECRET = new RegExp(`^(?:${PLATFORMS})=[\\w/+=.@-]+$`);

const ENDPOINT = 'write true, or the ID of an endpoint, vpce-…';

const secretTag = z.string().regex(/^[^=]+=.*$/, 'write key=value');

/** Every name that a stage may have, and what its value is. */
const STAGE = z.strictObject({
  /** The path of warden.yaml. */
  config: text.default('warden.yaml'),
  secretPrefix: text.exactOptional(),
  /** `key=value`. With it alone no prefix is asked for. */
  secretTag: secretTag
    .transform((tag) => ({ key: tag.slice(0, tag.indexOf('=')), value: tag.slice(tag.indexOf('=') + 1) }))
    .exactOptional(),
  secretKeys: list.exactOptional(),
  rdsIamUsers: list.exactOptional(),
  /** The ID of a VPC to stand in, looked up in the account; without it a VPC is made. */
  vpc: text.exactOptional(),
  /** Of the VPC that is made. */
  cidr: z.cidrv4('write a network, as 10.213.0.0/24').default('10.213.0.0/24'),
  /** Networks of the databases. */
  databases: list.pipe(z.array(z.cidrv4('write networks, as 10.1.0.0/16'))).exactOptional(),
  ports: ports.exactOptional(),
  /** Those that are made; the VPC has the others. */
  endpoints: z
    .preprocess((value) => (value === 'none' ? [] : value), z.union([z.array(z.never()).max(0), list]))
    .pipe(z.array(z.enum(ENDPOINTS, `write none, or some of ${ENDPOINTS.join()}`)))
    .transform((made) => Object.fromEntries(ENDPOINTS.map((name) => [name, made.includes(name)])))
    .exactOptional(),
  dynamoDbPrefixList: text.exactOptional(),
  issuer: text.exactOptional(),
  audience: list.default([]),
  /** Of which a token must have one, and those for what ends sessions. */
  scopes: list.exactOptional(),
  killScopes: list.exactOptional(),
  /** Serves the console to people who sign in at the issuer, and how it asks there. */
  console: flag.exactOptional(),
  consoleClientId: text.exactOptional(),
  consoleScopes: list.exactOptional(),
  consoleResource: text.exactOptional(),
  consoleAudience: text.exactOptional(),
  consoleOrigins: list.exactOptional(),
  iam: flag.exactOptional(),
  /** `true`, or the ID of an interface endpoint for `execute-api` that the VPC has. */
  private: z.union([flag, z.string().regex(/^vpce-[0-9a-f]+$/, ENDPOINT)], ENDPOINT).default(false),
  /** `platform=name of its secret`, for each platform. */
  chatSecrets: list
    .pipe(z.array(z.string().regex(CHAT_SECRET, `write ${PLATFORMS}=name of its secret`)))
    .transform(
      (pairs) =>
        new Map(pairs.map((pair) => [pair.split('=', 1)[0] as ChannelFunction, pair.slice(pair.indexOf('=') + 1)])),
    )
    .exactOptional(),
  /** The name of a table of an earlier deployment. */
  auditTable: text.exactOptional(),
  /** Keeps every change of the record, write-once. */
  auditTrail: flag.default(false),
  encryptionKey: z
    .string()
    .regex(/^arn:[^:]+:kms:[^:]+:\d{12}:key\/[\w-]+$/, 'write the ARN of a key')
    .exactOptional(),
  auditRetentionDays: whole.exactOptional(),
  /** Environments at once of each function behind the API, and of the workers. */
  requests: whole.exactOptional(),
  workers: whole.exactOptional(),
  /** Reserves no concurrency. */
  unreserved: flag.default(false),
  architecture: z.enum(['arm64', 'x86_64'], 'write arm64 or x86_64').exactOptional(),
  /** The ARN of a layer with an OpenTelemetry SDK. */
  tracingLayer: z
    .string()
    .regex(/^arn:[^:]+:lambda:[^:]+:\d{12}:layer:[\w-]+:\d+$/, 'write the ARN of a version of a layer')
    .exactOptional(),
  /** X-Ray's active tracing, which not every region offers. */
  activeTracing: flag.default(true),
  /** Whom alarms write to. */
  email: text.exactOptional(),
});

const NAMES = Object.keys(STAGE.shape);

/** Names of CDK's own: its flags, what it has looked up, and what its command keeps in `cdk.context.json`. */
const OF_CDK = /^@|:|^(?:cli-telemetry|acknowledged-issue-numbers)$/;

/** @throws Error for a name that neither we nor CDK read, since a misspelt restriction would restrict nothing */
function checkNames(node: Node): void {
  const known = [...NAMES, 'stage', 'stages'];
  const context: Readonly<Record<string, unknown>> = node.getAllContext();
  const unknown = Object.keys(context).find((name) => !known.includes(name) && !OF_CDK.test(name));
  if (unknown !== undefined) throw new Error(`context: ${unknownName('name', [unknown], known)}`);
}

/** What the app's context says, `-c name=value` or `cdk.json`; a stage's own part, `stages.<stage>`, goes first. */
export interface StageContext extends z.infer<typeof STAGE> {
  /** Part of the stack's name. */
  readonly stage: string;
  readonly iam: boolean;
}

/** @throws Error for a value of the wrong kind, and for a name that means nothing */
export function readStage(node: Node): StageContext {
  const stage = parsed(text.default('dev'), node.tryGetContext('stage'), 'stage');
  const own = parsed(z.record(z.string(), z.unknown()).default({}), node.tryGetContext('stages')?.[stage], stage);
  checkNames(node);
  const all = NAMES.flatMap((name) => {
    const value: unknown = node.tryGetContext(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const read = parsed(STAGE, { ...Object.fromEntries(all), ...own }, stage);
  const lost = Object.keys(read).find((name) => name.startsWith('console') && name !== 'console');
  if (lost !== undefined && !read.console) throw new Error(`context ${lost}: write console=true with it`);
  const prefix = read.secretTag === undefined ? { secretPrefix: `session-warden/${stage}/` } : {};
  // A deployment that names no issuer gets an API all the same, which AWS principals may call that are allowed to.
  return { stage, iam: read.issuer === undefined && read.private === false, ...prefix, ...read };
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, name = ''): z.output<Schema> {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  if (issue?.code === 'unrecognized_keys')
    throw new Error(`context stages.${name}: ${unknownName('name', issue.keys, NAMES)}`);
  throw new Error(`context ${[issue?.path[0], name].find((one) => one !== undefined)?.toString()}: ${issue?.message}`);
}
