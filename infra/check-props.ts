import { readFileSync } from 'node:fs';
import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CHAT_ROUTES } from '../functions/routes.ts';
import { parseConfig, type WardenConfig } from '../lib/config/config.ts';
import { unknownName } from '../lib/config/nearest.ts';
import type {
  AlarmOptions,
  ApiOptions,
  ConcurrencyOptions,
  ConsoleOptions,
  DatabaseOptions,
  EndpointOptions,
  SessionWardenProps,
  TracingOptions,
} from './props.ts';

/** Reads and validates warden.yaml. @throws Error that names file and line, and what to write there */
export function loadWardenConfig(file: string): WardenConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`config: ${file} cannot be read: write the path of your warden.yaml.`, { cause });
  }
  try {
    return parseConfig(text, file);
  } catch (cause) {
    const detail = cause instanceof Error && 'detail' in cause ? cause.detail : cause;
    throw new Error(`config: ${detail}`, { cause });
  }
}

/** Names of fields; below one that is an interface of ours those of its own, `true` for any other value. */
interface Names {
  readonly [name: string]: true | Names;
}

/** Each field of an interface. */
type Fields<T> = { readonly [Name in keyof T]-?: true | Names };

const API = {
  jwt: { issuer: true, audience: true, scopes: true, killScopes: true } satisfies Fields<
    NonNullable<ApiOptions['jwt']>
  >,
  iam: true,
  private: true,
  domainName: true,
  throttle: { rate: true, burst: true },
} satisfies Fields<ApiOptions>;

/** Every prop, so that JavaScript and JSON get told of a misspelt one as TypeScript does. */
const PROPS = {
  vpc: true,
  vpcSubnets: true,
  securityGroups: true,
  config: true,
  secretPrefix: true,
  secretTag: { key: true, value: true },
  secretKeys: true,
  rdsIamUsers: true,
  api: API,
  chatSecrets: Object.fromEntries(CHAT_ROUTES.map(({ name }) => [name, true])),
  databases: { peers: true, ports: true } satisfies Fields<DatabaseOptions>,
  endpoints: {
    dynamoDb: true,
    secretsManager: true,
    sqs: true,
    dynamoDbPrefixList: true,
  } satisfies Fields<EndpointOptions>,
  concurrency: { requests: true, workers: true } satisfies Fields<ConcurrencyOptions>,
  console: {
    clientId: true,
    scopes: true,
    resource: true,
    audience: true,
    origins: true,
  } satisfies Fields<ConsoleOptions>,
  auditTable: true,
  auditTrail: true,
  stateTable: true,
  auditRetention: true,
  encryptionKey: true,
  logRetention: true,
  memorySize: true,
  architecture: true,
  tracing: { active: true, layerArn: true, environment: true } satisfies Fields<TracingOptions>,
  alarms: {
    actions: true,
    email: true,
    authenticationFailures: true,
    kills: true,
    refusals: true,
  } satisfies Fields<AlarmOptions>,
  service: true,
} satisfies Fields<SessionWardenProps>;

/** @throws Error for a prop that is not known, which names the one that was meant */
function checkNames(value: object, fields: Names, path = ''): void {
  for (const [name, field] of Object.entries<unknown>({ ...value })) {
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (known === undefined) throw new Error(`${path || 'props'}: ${unknownName('prop', [name], Object.keys(fields))}`);
    if (known !== true && typeof field === 'object' && field !== null)
      checkNames(field, known, path === '' ? name : `${path}.${name}`);
  }
}

const PREFIX = /^[A-Za-z0-9/_+=.@-]{1,400}$/;

/** @throws Error for rules that tell people something, where there is no chat to tell it in */
export function checkChats({ reapers, chat }: WardenConfig, { chatSecrets }: SessionWardenProps): void {
  if (chat.approvals !== undefined && chatSecrets === undefined)
    throw new Error('config: chat.approvals names a place: give chatSecrets, or remove it.');
  const talking = reapers.find(({ warn, report }) => warn !== undefined || report !== undefined);
  if (talking !== undefined && chatSecrets === undefined)
    throw new Error(`config: reaper ${talking.name} has warn or report: give chatSecrets, or remove them.`);
  const sending = reapers.find(({ onEnd }) => onEnd !== undefined);
  if (sending !== undefined && chatSecrets?.webhook === undefined)
    throw new Error(`config: reaper ${sending.name} has onEnd: give chatSecrets.webhook, or remove it.`);
}

/** @throws Error for props that cannot mean what was wanted, with what to write */
export function checkProps(props: SessionWardenProps): void {
  checkNames(props, PROPS);
  for (const name of ['vpc', 'config', 'api'] as const)
    if (props[name] === undefined) throw new Error(`${name}: it is missing, and has no default.`);
  const { api, secretPrefix, secretTag, chatSecrets, concurrency, auditTable, auditTrail } = props;
  const isPublic = api.jwt !== undefined || api.iam === true;
  if (!api.private && !isPublic) throw new Error('api: write jwt, or iam: true, or both; or private: true.');
  if (api.private && isPublic)
    throw new Error('api.private: leave out jwt and iam, each of which makes an endpoint that is public.');
  if (api.private && api.domainName !== undefined)
    throw new Error('api.domainName: it is for a public endpoint; leave it out with api.private.');
  if (api.private && chatSecrets !== undefined)
    throw new Error('chatSecrets: platforms come from the internet, and api.private lets nothing in from there.');
  if (api.jwt !== undefined && api.jwt.audience.length === 0)
    throw new Error('api.jwt.audience: write at least one, or any token of that issuer would do.');
  if (secretPrefix === undefined && secretTag === undefined)
    throw new Error('secretPrefix or secretTag: write at least one, or every secret of the account would be a target.');
  if (secretPrefix !== undefined && !Token.isUnresolved(secretPrefix) && !PREFIX.test(secretPrefix))
    throw new Error('secretPrefix: write 1 to 400 letters, digits and /_+=.@-');
  if (chatSecrets !== undefined) checkChatSecrets(chatSecrets, secretPrefix);
  if (auditTrail && auditTable !== undefined && auditTable.tableStreamArn === undefined)
    throw new Error(
      'auditTrail: give the ARN of the stream with auditTable: Table.fromTableAttributes({ tableStreamArn }).',
    );
  if (props.tracing?.environment !== undefined && props.tracing.layerArn === undefined)
    throw new Error('tracing.environment: give layerArn, whose layer reads it.');
  const { workers = 2 } = concurrency === 'unreserved' || concurrency === undefined ? {} : concurrency;
  if (workers < 2) throw new Error('concurrency.workers: write at least 2, the least that a queue takes.');
}

/** How people sign in to the console as JSON; `undefined` where none is wanted, or no one could sign in. */
export function signInOf(scope: Construct, { api: { jwt }, console: wanted }: SessionWardenProps): string | undefined {
  if (!wanted) return undefined;
  if (jwt === undefined) {
    Annotations.of(scope).addWarningV2('session-warden:no-console', NO_CONSOLE);
    return undefined;
  }
  const { clientId = jwt.audience[0], scopes, resource, audience, origins = [] } = wanted === true ? {} : wanted;
  const ofRoutes = [...(jwt.scopes ?? []), ...(jwt.killScopes ?? [])];
  const asked = [...new Set(['openid', ...(scopes ?? ofRoutes)])].join(' ');
  const wrong = origins.find((one) => !Token.isUnresolved(one) && !/^https:\/\/[^/?#]+$/.test(one));
  if (wrong !== undefined) throw new Error(`console.origins: write https:// and a host, not ${wrong}`);
  return Stack.of(scope).toJsonString({ issuer: jwt.issuer, clientId, scope: asked, resource, audience, origins });
}

/** Why a deployment that wants a console has none. */
export const NO_CONSOLE =
  'console: there is none, since people sign in to it at an issuer and the API has none. Write api.jwt (context issuer and audience), or leave console out; for an API of signed requests, run warden serve.';

function checkChatSecrets(secrets: NonNullable<SessionWardenProps['chatSecrets']>, prefix: string | undefined): void {
  const seen = new Map<string, string>();
  for (const [channel, { secretName, secretArn }] of Object.entries(secrets)) {
    if (prefix !== undefined && !Token.isUnresolved(secretName) && secretName.startsWith(prefix))
      throw new Error(
        `chatSecrets: ${secretName} begins with secretPrefix, so it would be a target: give it another name.`,
      );
    const name = Token.isUnresolved(secretName) ? secretArn : secretName;
    const other = seen.get(name);
    if (other !== undefined)
      throw new Error(
        `chatSecrets: ${other} and ${channel} share a secret, so each would read the other's: give each its own.`,
      );
    seen.set(name, channel);
  }
  if (seen.size === 0) throw new Error('chatSecrets: write at least one platform with its secret.');
}
