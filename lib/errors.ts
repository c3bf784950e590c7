/** Every failure that a caller may see: stable code → HTTP status, title, and what to do next. Explained in docs/errors.md. */
export const ERRORS = {
  'request-invalid': { status: 400, title: 'The request is not valid.', hint: 'Mend the field that detail names.' },
  'tag-invalid': {
    status: 400,
    title: 'If-Match is not one tag of the kind that is needed here.',
    hint: 'Send one tag, in double quotes, as the list shows it: a session tag for a connection, a statement tag for a query.',
  },
  'answer-too-large': {
    status: 400,
    title: 'The answer would be larger than a function may send.',
    hint: 'Ask for fewer rows with limit, or without full.',
  },
  unauthenticated: {
    status: 401,
    title: 'No identity came with the request.',
    hint: 'Sign the request with IAM, or send a valid JWT.',
  },
  'signature-invalid': {
    status: 401,
    title: 'The request is not surely from whom it says.',
    hint: 'Compare secret, clock, app and tenant with the configuration of this channel.',
  },
  'not-allowed': {
    status: 403,
    title: 'You may see this session, and may not end it.',
    hint: 'Ask for SUPER on this target in the access rules, or ask somebody who has it.',
  },
  'privilege-needed': {
    status: 403,
    title: 'You may not do this on this target.',
    hint: 'Ask for the privilege that detail names in the access rules.',
  },
  'approval-needed': {
    status: 403,
    title: 'A second person has to approve this.',
    hint: 'Ask for it in a chat channel: those who may approve see a button there.',
  },
  protected: {
    status: 403,
    title: 'This session is protected: nobody may end it here.',
    hint: 'Replication, system and configured users, and our own connection, are never ended.',
  },
  'identity-approximate': {
    status: 403,
    title: 'This configuration ends only what is told apart for certain, and this is not. Nothing was ended.',
    hint: 'GET /targets/{target}/health has the GRANT that makes statements exact; a session is where its client comes by TCP, and the target names the server’s own port and not that of a proxy.',
  },
  'target-not-found': {
    status: 404,
    title: 'There is no such target, or you may not see it.',
    hint: 'GET /targets lists the targets that you may see.',
  },
  'session-not-found': {
    status: 404,
    title: 'There is no such session, or you may not see it.',
    hint: 'It may have ended already. List the sessions anew.',
  },
  'reaper-not-found': {
    status: 404,
    title: 'There is no such reaper for this target.',
    hint: 'Compare the name with `reapers` in warden.yaml, and the target with its `targets`.',
  },
  'route-not-found': {
    status: 404,
    title: 'There is nothing at this path.',
    hint: 'GET /openapi.json lists what there is.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This path does not take that method.',
    hint: 'GET /openapi.json lists what there is.',
  },
  'idempotency-in-flight': {
    status: 409,
    title: 'A request with this Idempotency-Key is being carried out.',
    hint: 'Wait, then send it again with the same key: it gives the same answer.',
  },
  'tag-mismatch': {
    status: 412,
    title: 'The session or statement is no longer the one that you saw. Nothing was ended.',
    hint: 'List the sessions anew, look, and send the new tag.',
  },
  'body-too-large': { status: 413, title: 'The request is too large.', hint: 'Send less at a time.' },
  'media-type-unsupported': {
    status: 415,
    title: 'The body is not sent as JSON.',
    hint: 'Send it with the header content-type: application/json.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'This Idempotency-Key came with another request before. Nothing was done.',
    hint: 'Send a new key for a new request.',
  },
  'tag-required': {
    status: 428,
    title: 'This configuration takes no kill without If-Match.',
    hint: 'Send the tag that the list shows for the session or its statement.',
  },
  'too-many-requests': {
    status: 429,
    title: 'There are too many requests for this target at once.',
    hint: 'Wait as Retry-After says.',
  },
  internal: {
    status: 500,
    title: 'Something failed that we did not foresee.',
    hint: 'Look up the request ID in the log.',
  },
  'configuration-invalid': {
    status: 500,
    title: 'The configuration is not valid.',
    hint: 'Run the configuration check; the log names the field.',
  },
  'target-denied': {
    status: 502,
    title: 'The database refused our account.',
    hint: 'Compare the secret of this target with the account on the server; a rotation may have stopped halfway.',
  },
  'target-privilege-missing': {
    status: 502,
    title: 'Our account on the database lacks a privilege for this.',
    hint: 'GET /targets/{target}/health lists each missing privilege with the GRANT that mends it.',
  },
  'chat-failed': {
    status: 502,
    title: 'The chat platform did not take the message.',
    hint: 'What was done stands in the audit record. Look at the status of the platform and at the address in the chat secret.',
  },
  'chat-unreachable': {
    status: 503,
    title: 'The chat platform cannot be reached, or is down.',
    hint: 'What was done stands in the audit record. Reports and warnings are sent again, later each time.',
  },
  'target-elsewhere': {
    status: 502,
    title: 'The session lives on another node than the one that answered.',
    hint: 'Make a target of that node, and end the session there.',
  },
  'target-failed': {
    status: 502,
    title: 'The database answered with an error.',
    hint: 'The log has the error code. If it stays, look at the health of the target.',
  },
  'target-unreachable': {
    status: 503,
    title: 'The database does not accept connections.',
    hint: 'Check that it runs, its address, and the security groups; then try again.',
  },
  'target-full': {
    status: 503,
    title: 'The database is out of connections, the reserved one too.',
    hint: 'Give our account SUPER or CONNECTION_ADMIN, so that the slot the server reserves is open to it, or name its admin port in the target; then try again.',
  },
  'target-account-full': {
    status: 503,
    title: 'Our account has reached a limit of its own, or of the proxy before it. The database itself may have room.',
    hint: 'Raise MAX_USER_CONNECTIONS or MAX_CONNECTIONS_PER_HOUR of our account, max_user_connections of the server, or the limit of the proxy in front of it.',
  },
  'credentials-unavailable': {
    status: 503,
    title: 'The credentials of this target could not be read. Nothing was done.',
    hint: 'Try again; if it stays, Secrets Manager is down or throttles, or our role lacks the right to read the secret or its key.',
  },
  'kills-stopped': {
    status: 503,
    title: 'Every kill is stopped at present. Nothing was ended.',
    hint: 'Whoever threw the stop switch lifts it again: `stop` in warden.yaml, or the parameter that the deployment names.',
  },
  'audit-unavailable': {
    status: 503,
    title: 'The audit store does not answer, and without a record no kill is sent.',
    hint: 'Nothing was ended. Mend the audit store, then try again.',
  },
  'state-unavailable': {
    status: 503,
    title: 'The store of short-lived state does not answer, so nobody can tell whether this was done before.',
    hint: 'Nothing was done. Mend the store, then try again with the same key.',
  },
  'target-timeout': {
    status: 504,
    title: 'The database did not answer in time.',
    hint: 'It may be overloaded or cut off. What was asked may still happen: list the sessions before you ask again.',
  },
} as const satisfies Record<string, { status: number; title: string; hint: string }>;

/** A stable name of a failure; see {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** What an {@link AppError} may carry besides its code. */
export interface AppErrorOptions extends ErrorOptions {
  /** One public sentence on this very case: names the field or the target, never a secret, a literal or a grant. */
  readonly detail?: string | undefined;
  /** Seconds after which a retry makes sense; becomes `Retry-After`. */
  readonly retryAfter?: number;
  /** The audit record that this failure belongs to, where there is one. */
  readonly auditId?: string | undefined;
}

/**
 * A failure with a stable code. Code, title, hint and `detail` are public; `cause` is for the log only.
 *
 * @example
 * throw new AppError('target-unreachable', { cause: error, retryAfter: 5 });
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly hint: string;
  readonly detail: string | undefined;
  readonly retryAfter: number | undefined;
  readonly auditId: string | undefined;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(ERRORS[code].title, options);
    this.code = code;
    this.status = ERRORS[code].status;
    this.hint = ERRORS[code].hint;
    this.detail = options.detail;
    this.retryAfter = options.retryAfter;
    this.auditId = options.auditId;
  }
}
