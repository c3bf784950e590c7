/**
 * Every failure that a caller may see: stable code → HTTP status, title and hint. `onAws` is added to the hint if the
 * credentials of the target are a secret in Secrets Manager. docs/errors.md explains each code.
 */
export const ERRORS = {
  'request-invalid': { status: 400, title: 'The request is not valid.', hint: 'Fix the field that detail names.' },
  'tag-invalid': {
    status: 400,
    title: 'The tag is not one that this request takes.',
    hint: 'Send one tag as the list shows it: a session tag for a connection, a statement tag for a query. In If-Match, put it in double quotes.',
  },
  'answer-too-large': {
    status: 400,
    title: 'The response is too large for a function to send.',
    hint: 'Request fewer rows with limit, or omit full.',
  },
  unauthenticated: {
    status: 401,
    title: 'The request has no identity.',
    hint: 'Sign the request with IAM, or send a valid JWT. It must be an access token, not an ID token.',
  },
  'signature-invalid': {
    status: 401,
    title: 'The sender of the request could not be verified.',
    hint: 'Compare the secret, clock, app and tenant with the configuration of this channel.',
  },
  'not-allowed': {
    status: 403,
    title: 'You may view this session, but may not end it.',
    hint: 'Request SUPER on this target in the access rules, or ask a person who has it.',
  },
  'privilege-needed': {
    status: 403,
    title: 'You lack the required privilege on this target.',
    hint: 'Request the privilege that detail names in the access rules.',
  },
  'approval-needed': {
    status: 403,
    title: 'A person must approve this.',
    hint: 'Ask with POST /targets/{target}/approvals, or send the command in a chat channel. Approvers see a button in the chat.',
  },
  protected: {
    status: 403,
    title: 'This session is protected and cannot be ended here.',
    hint: 'Replication, system users, users protected by the configuration, and our own connection are never ended.',
  },
  'identity-approximate': {
    status: 403,
    title: 'This configuration ends only what can be identified exactly, and this cannot. Nothing was ended.',
    hint: 'GET /targets/{target}/health lists the GRANT that makes statements exact. A session is exact if its client connects by TCP and the target names the port of the server, not of a proxy.',
  },
  'target-not-found': {
    status: 404,
    title: 'The target does not exist, or you may not view it.',
    hint: 'GET /targets lists the targets that you may view.',
  },
  'session-not-found': {
    status: 404,
    title: 'The session does not exist, or you may not view it.',
    hint: 'It may have ended already. List the sessions again.',
  },
  'reaper-not-found': {
    status: 404,
    title: 'This target has no reaper with this name.',
    hint: 'Check the name against `reapers` in warden.yaml, and the target against the `targets` of the reaper.',
  },
  'approval-not-found': {
    status: 404,
    title: 'You asked for no such approval on this target, or it was more than an hour ago.',
    hint: 'Only who asked may look. GET /audit has what was decided and ended.',
  },
  'route-not-found': {
    status: 404,
    title: 'This path does not exist.',
    hint: 'GET /openapi.json lists all paths and methods.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This path does not support that method.',
    hint: 'GET /openapi.json lists all paths and methods.',
  },
  'idempotency-in-flight': {
    status: 409,
    title: 'A request with this Idempotency-Key is still in progress.',
    hint: 'Wait, then send it again with the same key. You get the same answer.',
  },
  'tag-mismatch': {
    status: 412,
    title: 'The session or statement has changed since you listed it. Nothing was ended.',
    hint: 'List the sessions again, check them, and send the new tag.',
  },
  'body-too-large': { status: 413, title: 'The request is too large.', hint: 'Send less data in one request.' },
  'media-type-unsupported': {
    status: 415,
    title: 'The body is not declared as JSON.',
    hint: 'Send the header content-type: application/json.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'This Idempotency-Key was already used for another request. Nothing was done.',
    hint: 'Use a new key for each new request.',
  },
  'tag-required': {
    status: 428,
    title: 'This needs the tag of what it ends. Nothing was ended.',
    hint: 'Send the tag that the list shows for the session or its statement: in If-Match, or as `tag` in a body. An agent must always send it, others where the configuration requires it.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests for this target are in progress.',
    hint: 'Wait for as long as Retry-After says.',
  },
  'too-many-kills': {
    status: 429,
    title: 'This would exceed the number of kills allowed in one minute. Nothing was ended.',
    hint: 'Wait for as long as Retry-After says, or kill fewer at once. `limits.killsPerMinute` in warden.yaml sets the limit.',
  },
  internal: {
    status: 500,
    title: 'An unexpected error occurred.',
    hint: 'Look up the request ID in the log.',
  },
  'configuration-invalid': {
    status: 500,
    title: 'The configuration is not valid.',
    hint: 'Run the configuration check. The log names the field.',
  },
  'target-denied': {
    status: 502,
    title: 'The database refused our account.',
    hint: 'Compare the credentials of this target with the account on the server.',
    onAws: 'They are in its secret. A rotation may have stopped halfway.',
  },
  'target-account-locked': {
    status: 502,
    title: 'Our account on the database is locked.',
    hint: 'Find out who locked it and why. A DBA can unlock it: ALTER USER … ACCOUNT UNLOCK.',
  },
  'target-password-expired': {
    status: 502,
    title: 'The password of our account on the database has expired.',
    hint: 'Set a new password for the account (ALTER USER … IDENTIFIED BY …) and put it into the credentials of this target. PASSWORD EXPIRE NEVER keeps it from expiring again.',
    onAws: 'They are in its secret. Rotate it.',
  },
  'target-login-method': {
    status: 502,
    title: 'Our account on the database uses an authentication method that we do not support.',
    hint: 'Switch it to caching_sha2_password (MySQL), or to mysql_native_password or ed25519 (MariaDB): ALTER USER … IDENTIFIED WITH …, on MariaDB VIA.',
  },
  'target-address-refused': {
    status: 502,
    title: 'The database has no account for the address that we connect from.',
    hint: 'Create the account for our address: CREATE USER …@our-address, or @a-network/mask. The server log shows the address that it sees.',
    onAws: 'A function connects from an address of its subnets, or of their NAT gateway.',
  },
  'target-address-blocked': {
    status: 503,
    title: 'The database has blocked our address because too many connections from it were interrupted.',
    hint: 'A DBA can unblock it: TRUNCATE TABLE performance_schema.host_cache, or FLUSH HOSTS. Then find the cause, such as a health check that connects without logging in, or raise max_connect_errors.',
  },
  'target-database-unknown': {
    status: 502,
    title: 'The database (schema) that the target names does not exist, or our account may not use it.',
    hint: 'Remove it from the credentials of this target. Sessions can be listed and ended without one.',
    onAws: 'It is `dbname` in the secret.',
  },
  'target-tls-required': {
    status: 502,
    title: 'The database requires TLS.',
    hint: 'Turn on TLS for this target: omit `tls`, or set it to on.',
  },
  'target-tls-absent': {
    status: 502,
    title: 'The database does not offer TLS, and this target requires it. Nothing secret was sent.',
    hint: 'Install a certificate on the server (ssl_cert, ssl_key). Set tls to off only if no one can intercept the connection.',
  },
  'target-tls-old': {
    status: 502,
    title: 'The database supports no secure version of TLS. Nothing secret was sent.',
    hint: 'Enable TLS 1.2 or 1.3 on the server (tls_version).',
  },
  'target-tls-failed': {
    status: 502,
    title: 'The TLS handshake with the database failed. Nothing secret was sent.',
    hint: 'The log has the error of the TLS library. Check that the key, certificate and ciphers of the server meet current standards.',
  },
  'target-certificate-untrusted': {
    status: 502,
    title: 'The database certificate comes from an authority that we do not trust. Nothing secret was sent.',
    hint: 'Add the authority to warden.yaml: `tls: { ca: … }`. Or pin the certificate of this target with `fingerprint`.',
  },
  'target-certificate-self-signed': {
    status: 502,
    title: 'The database certificate is self-signed. Nothing secret was sent.',
    hint: 'Pin the certificate of this target with `fingerprint`, or install a certificate from an authority on the server.',
  },
  'target-certificate-expired': {
    status: 502,
    title: 'The database certificate has expired or is not valid yet. Nothing secret was sent.',
    hint: 'Renew it on the server (ALTER INSTANCE RELOAD TLS, on MariaDB FLUSH SSL), and check the clocks.',
  },
  'target-certificate-name': {
    status: 502,
    title: 'The database certificate does not match the host name of this target. Nothing secret was sent.',
    hint: 'Use a name from the certificate as host, or set `serverName` to one. Otherwise pin it with `fingerprint`. `tls: unverified` encrypts but verifies nothing.',
  },
  'target-certificate-changed': {
    status: 502,
    title: 'The database certificate is not the one that this target pins. Nothing secret was sent.',
    hint: 'If it was renewed, verify the new SHA-256 fingerprint on the server itself and put it into this target. If it was not renewed, the connection may be intercepted.',
  },
  'target-privilege-missing': {
    status: 502,
    title: 'Our account on the database lacks a required privilege.',
    hint: 'GET /targets/{target}/health lists each missing privilege with the GRANT that fixes it.',
  },
  'chat-failed': {
    status: 502,
    title: 'The chat platform rejected the message.',
    hint: 'The audit record shows what was done. Check the status of the platform and the address in the chat secret.',
  },
  'chat-unreachable': {
    status: 503,
    title: 'The chat platform is unreachable or down.',
    hint: 'The audit record shows what was done. Reports and warnings are retried with increasing delays.',
  },
  'target-elsewhere': {
    status: 502,
    title: 'The session is on a different node from the one that answered.',
    hint: 'Configure a target for that node, and end the session there.',
  },
  'target-failed': {
    status: 502,
    title: 'The database answered with an error.',
    hint: 'The log has the error code. If the error persists, check the health of the target.',
  },
  'target-unreachable': {
    status: 503,
    title: 'The connection to the database was lost.',
    hint: 'Check whether the server is running, restarting or failing over, and whether a device in between closed the connection. Then try again.',
  },
  'target-host-unknown': {
    status: 503,
    title: 'The host name of the database cannot be resolved.',
    hint: 'Check the host of this target against the name of the server, and look it up with the name servers of this machine.',
    onAws: 'The host is in its secret. A private name resolves only inside its VPC.',
  },
  'target-port-closed': {
    status: 503,
    title: 'Nothing listens at the address and port of the database.',
    hint: 'Check that the server is running and listens on the host and port of this target (port, bind_address, skip_networking).',
  },
  'target-silent': {
    status: 503,
    title: 'Nothing responds at the address of the database.',
    hint: 'Check the host and port of this target, whether the machine is up, and the routes and firewalls on the path.',
    onAws:
      'Security groups are the most common cause. The group of the database must allow the group of the functions at its port.',
  },
  'target-shutting-down': {
    status: 503,
    title: 'The database is shutting down.',
    hint: 'Wait until it is up again, then try again.',
  },
  'target-offline': {
    status: 503,
    title: 'The database is in offline mode and accepts only administrators.',
    hint: 'Grant our account CONNECTION_ADMIN, or turn off offline mode: SET GLOBAL offline_mode = OFF.',
  },
  'target-full': {
    status: 503,
    title: 'The database has no free connections, not even the reserved one.',
    hint: 'Grant our account SUPER or CONNECTION_ADMIN so that it can use the reserved slot, or set the admin port of the server in the target. Then try again.',
  },
  'target-account-full': {
    status: 503,
    title:
      'Our account has reached its own connection limit, or the limit of a proxy. The database itself may have free connections.',
    hint: 'Raise MAX_USER_CONNECTIONS or MAX_CONNECTIONS_PER_HOUR of our account, max_user_connections of the server, or the limit of the proxy in front of it.',
  },
  'credentials-unavailable': {
    status: 503,
    title: 'The credentials of this target could not be read. Nothing was done.',
    hint: 'Try again. If the error persists, Secrets Manager is down or throttling, or our role may not read the secret or use its key.',
  },
  'kills-stopped': {
    status: 503,
    title: 'All kills are currently stopped. Nothing was ended.',
    hint: 'A caller with SUPER on every target can see who set the stop and why (GET /stop), and lift it (DELETE /stop). Only a deployment lifts `stop` in warden.yaml.',
  },
  'audit-unavailable': {
    status: 503,
    title: 'The audit store does not answer. No kill is sent without a record.',
    hint: 'Nothing was ended. Fix the audit store, then try again.',
  },
  'state-unavailable': {
    status: 503,
    title: 'The state store does not answer, so we cannot tell whether this was already done.',
    hint: 'Nothing was done. Fix the store, then try again with the same key.',
  },
  'target-timeout': {
    status: 504,
    title: 'The database did not answer in time.',
    hint: 'It may be overloaded or disconnected. The request may still take effect, so list the sessions before you retry.',
  },
} as const satisfies Record<string, { status: number; title: string; hint: string; onAws?: string }>;

/** A stable name of a failure. See {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** What an {@link AppError} may carry in addition to its code. */
export interface AppErrorOptions extends ErrorOptions {
  /** One public sentence about this case. It names the field or the target, never a secret, a literal or a grant. */
  readonly detail?: string | undefined;
  /** Seconds after which a retry makes sense. Becomes `Retry-After`. */
  readonly retryAfter?: number;
  /** The audit record that this failure belongs to, if there is one. */
  readonly auditId?: string | undefined;
  /** The target's credentials are in Secrets Manager, so the hint may mention it. */
  readonly inSecretsManager?: boolean | undefined;
}

/** What to do next, with the AWS part if it applies. */
function hintOf(code: ErrorCode, inSecretsManager = false): string {
  const { hint, onAws }: { readonly hint: string; readonly onAws?: string } = ERRORS[code];
  return inSecretsManager && onAws !== undefined ? `${hint} ${onAws}` : hint;
}

/**
 * A failure with a stable code. Code, title, hint and `detail` are public. `cause` is for the log only.
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
    this.hint = hintOf(code, options.inSecretsManager);
    this.detail = options.detail;
    this.retryAfter = options.retryAfter;
    this.auditId = options.auditId;
  }
}
