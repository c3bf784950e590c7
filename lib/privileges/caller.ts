import { withoutInvisibles } from '../sessions/statement-characters.ts';
import { fieldsOf } from './principal-from-event.ts';

/**
 * From where and as which session of an identity somebody called, for the record alone: rules never ask for it, since a
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

/** Of somebody who did not come over HTTP. */
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
