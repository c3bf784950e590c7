import type { WardenConfig } from '../config.ts';
import { isIdToken } from './id-token.ts';
import type { Principal } from './principal.ts';

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
 * The same principal, whose email counts although its token does not say whether somebody has verified it, where the
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
