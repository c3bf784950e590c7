import type { ChannelName } from '../chatops/channels/channel-names.ts';
import type { WardenConfig } from '../config/config.ts';
import { withoutInvisibles } from '../sessions/masking/statement-tokens.ts';
import { anyGlobMatches } from './glob.ts';

/** Where an identity came from: who vouched for it. */
export type PrincipalSource = 'jwt' | 'iam' | 'schedule' | ChannelName;

/** Who asks. Made from what the gateway verified, never from what a caller wrote into a body. */
export interface Principal {
  readonly source: PrincipalSource;
  /** Stable and unique within its source: a JWT's `sub`, an IAM user's or role's ARN without the session name. */
  readonly subject: string;
  readonly groups: readonly string[];
  /** Other verified claims that rules may ask for (`email`, …), text only. */
  readonly claims: Readonly<Record<string, string>>;
  /** Of a chat: the platform's own IDs as rules write them, and whether the configuration says which person it is. */
  readonly chat?: { readonly identities: readonly string[]; readonly isMapped: boolean };
  /** From where this call came; none of a chat and of a schedule. */
  readonly caller?: Caller;
  /** The program that acts for the principal, such as an AI agent: it grants nothing. See `withAgent`. */
  readonly agent?: string;
}

type Claims = Readonly<Record<string, unknown>>;

/** Claims that OpenID Connect puts into ID tokens and nowhere else. */
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash'];

/** What `typ` says of a token that may be sent to an API, where an issuer puts it among the claims. */
const FOR_APIS = ['bearer', 'at+jwt', 'application/at+jwt', 'jwt'];

/**
 * True where the claims are certainly those of an ID token: it says who the user is to the program that asked for it, and
 * is handed about, so it opens no API. Amazon Cognito says it with `token_use`, Keycloak with `typ`, others by a claim of
 * OpenID Connect. RFC 9068 says it in the header, which the gateway does not tell; there scopes of the route tell.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken
 */
export function isIdToken(claims: Claims): boolean {
  const { token_use: use, typ } = claims;
  if (use !== undefined) return use !== 'access';
  if (typ !== undefined && !FOR_APIS.includes(String(typ).toLowerCase())) return true;
  return OF_ID_TOKENS.some((name) => Object.hasOwn(claims, name));
}

/**
 * From where and as which session of an identity a call came, for the record alone: rules never ask for it, since a
 * caller chooses some of it. `null` is what a caller of that kind does not have.
 */
export interface Caller {
  /** Of an IAM role: the name of its session, by which a company tells its people apart. */
  readonly sessionName: string | null;
  readonly sourceIp: string | null;
  readonly userAgent: string | null;
  /** Of a JWT: who issued it. */
  readonly issuer: string | null;
  /** Of a JWT: the program that it was issued to. */
  readonly client: string | null;
}

/** Of a principal that did not come over HTTP. */
export const NO_CALLER: Caller = { sessionName: null, sourceIp: null, userAgent: null, issuer: null, client: null };

const MAX = 256;
const SESSION_NAME = /^arn:[a-z-]+:sts::\d{1,12}:assumed-role\/[\w+=,.@-]+\/([\w+=,.@-]+)$/;

/** What the gateway tells of a call: `requestContext.authorizer` and `requestContext.http` of an HTTP API's event. */
export function callerOf(authorizer: unknown, http: unknown): Caller {
  const { iam, jwt } = fieldsOf(authorizer) ?? {};
  const { sourceIp, userAgent } = fieldsOf(http) ?? {};
  const { userArn } = fieldsOf(iam) ?? {};
  const { iss, client_id: client, azp } = fieldsOf(fieldsOf(jwt)?.['claims']) ?? {};
  return {
    sessionName: typeof userArn === 'string' ? text(SESSION_NAME.exec(userArn)?.[1]) : null,
    sourceIp: text(sourceIp),
    userAgent: text(userAgent),
    issuer: text(iss),
    // Cognito and RFC 9068 say `client_id`, OpenID Connect says `azp`.
    client: text(client) ?? text(azp),
  };
}

const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? withoutInvisibles(value).slice(0, MAX) : null;

type Fields = Readonly<Record<string, unknown>>;

const GROUP_CLAIMS = ['groups', 'cognito:groups'];

/**
 * The principal that the gateway verified, from `requestContext.authorizer` of an API Gateway HTTP API event (payload
 * 2.0); `undefined` where there is none, or where it is not exactly of a shape known here: then the answer is 401.
 *
 * Groups come from the claims `groups` and `cognito:groups`. API Gateway gives a list as the text `[a b]`, so a group
 * whose name has a space or a comma cannot be told from two groups: don't let people name groups at the issuer, or name
 * groups in rules that no part of another's name can make. Text that is not well formed gives no groups at all.
 */
export function principalFromAuthorizer(authorizer: unknown): Principal | undefined {
  const fields = fieldsOf(authorizer);
  const claims = fieldsOf(fieldsOf(fields?.['jwt'])?.['claims']);
  const iam = fieldsOf(fields?.['iam']);
  // Both at once is nothing that API Gateway sends.
  if (claims && iam) return undefined;
  if (claims) return fromClaims(claims);
  return iam ? fromIam(iam) : undefined;
}

function fromClaims(claims: Fields): Principal | undefined {
  const subject = claims['sub'];
  if (typeof subject !== 'string' || subject.trim() === '' || isIdToken(claims)) return undefined;
  const texts = Object.entries(claims).flatMap(([name, value]) => (isPlain(value) ? [[name, String(value)]] : []));
  const groups = GROUP_CLAIMS.flatMap((name) => (Object.hasOwn(claims, name) ? groupsOf(claims[name]) : []));
  return { source: 'jwt', subject, groups: [...new Set(groups)], claims: Object.fromEntries(texts) };
}

/**
 * The same principal, whose email counts although its token does not say whether it is verified, where the
 * configuration lets that count. A token that says `false` is never believed.
 */
export function believeEmail(principal: Principal, identity: WardenConfig['identity'] | undefined): Principal {
  const { source, claims } = principal;
  if (source !== 'jwt' || identity?.emailVerified !== 'unless-false' || Object.hasOwn(claims, 'email_verified'))
    return principal;
  return { ...principal, claims: { ...claims, email_verified: 'true' } };
}

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

function groupsOf(claim: unknown): readonly string[] {
  if (Array.isArray(claim)) return claim.every((name) => typeof name === 'string') ? claim.filter(Boolean) : [];
  if (typeof claim !== 'string' || claim === '') return [];
  const inner = /^\[([^[\]{}"'\\]*)\]$/.exec(claim)?.[1];
  if (inner !== undefined) return inner.split(/[\s,]/).filter(Boolean);
  // One group as plain text is what some issuers send for a list of one.
  return /[[\]{}"'\\]/.test(claim) ? [] : [claim];
}

// STS leaves out a role's path, and the caller chooses the session's name: neither is part of the subject.
const USER_ARN = /^arn:[a-z-]+:iam::(\d{1,12}):user\/[\w+=,.@/-]+$/;
const ASSUMED_ROLE_ARN = /^arn:([a-z-]+):sts::(\d{1,12}):assumed-role\/([\w+=,.@-]+)\/[\w+=,.@-]+$/;

function fromIam(iam: Fields): Principal | undefined {
  const arn = iam['userArn'];
  if (typeof arn !== 'string') return undefined;
  const [, partition, roleAccount, role] = ASSUMED_ROLE_ARN.exec(arn) ?? [];
  const account = roleAccount ?? USER_ARN.exec(arn)?.[1];
  const said = iam['accountId'];
  if (account === undefined || (said !== undefined && said !== null && said !== account)) return undefined;
  const subject = role === undefined ? arn : `arn:${partition}:iam::${account}:role/${role}`;
  return { source: 'iam', subject, groups: [], claims: {} };
}

/** An object's fields; `undefined` for anything else. */
export const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

/** The header in which a program says that it acts for the caller: `Agent: claude-code/2.1`. */
export const AGENT_HEADER = 'agent';

const MAX_AGENT = 100;
const UNNAMED = 'unnamed';

type Agents = Pick<WardenConfig, 'agents'>;

/**
 * The principal with the program that acts for it, where there is one: by the header, no matter what it says, or by what
 * its credentials were issued to, where the configuration counts those as agents'. No rule that grants ever asks for it.
 *
 * @param header - of the request; `undefined` where it has none
 */
export function withAgent(
  principal: Principal,
  header: string | undefined,
  { agents }: Partial<Agents> = {},
): Principal {
  const said = header === undefined ? undefined : cleaned(header) || UNNAMED;
  const issued = agents === undefined ? undefined : issuedTo(principal, agents);
  const agent = said ?? issued;
  return agent === undefined ? principal : { ...principal, agent };
}

const cleaned = (text: string): string => withoutInvisibles(text.toWellFormed()).trim().slice(0, MAX_AGENT).trim();

/** The client or role of the credentials, where it counts as an agent. */
function issuedTo({ source, claims, subject }: Principal, { clients, roles }: Agents['agents']): string | undefined {
  if (source === 'iam') return anyGlobMatches(roles, subject) ? cleaned(subject) : undefined;
  if (source !== 'jwt') return undefined;
  // An issuer may say both; each counts.
  const client = ['client_id', 'azp'].map((name) => claims[name]).find((one) => one && anyGlobMatches(clients, one));
  return client === undefined ? undefined : cleaned(client) || UNNAMED;
}

/** True where a person must approve what this principal ends, because an agent acts for it. */
export const needsPerson = ({ agents }: Agents, { agent }: Pick<Principal, 'agent'>): boolean =>
  agent !== undefined && agents.approval === 'required';
