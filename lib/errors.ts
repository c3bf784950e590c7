/**
 * Every failure that a caller may see: stable code → HTTP status, title, and what to do next; `onAws` is what the hint says
 * besides of a target whose credentials are a secret of Secrets Manager. Explained in docs/errors.md.
 */
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
    hint: 'Sign the request with IAM, or send a valid JWT: an access token, not an ID token.',
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
  'too-many-kills': {
    status: 429,
    title: 'You would end more in this minute than the configuration lets anybody end. Nothing was ended.',
    hint: 'Wait as Retry-After says, or ask for less at once. `limits.killsPerMinute` in warden.yaml is the limit.',
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
    hint: 'Compare the credentials of this target with the account on the server.',
    onAws: 'They stand in its secret; a rotation may have stopped halfway.',
  },
  'target-account-locked': {
    status: 502,
    title: 'Our account on the database is locked.',
    hint: 'Find out who locked it and why; a DBA unlocks it: ALTER USER … ACCOUNT UNLOCK.',
  },
  'target-password-expired': {
    status: 502,
    title: 'The password of our account on the database has expired.',
    hint: 'Give the account a new password (ALTER USER … IDENTIFIED BY …) and put it into the credentials of this target. PASSWORD EXPIRE NEVER keeps it from expiring again.',
    onAws: 'They stand in its secret: rotate it.',
  },
  'target-login-method': {
    status: 502,
    title: 'Our account on the database logs in by a method that we do not speak.',
    hint: 'Give it caching_sha2_password (MySQL), mysql_native_password or ed25519 (MariaDB): ALTER USER … IDENTIFIED WITH …, on MariaDB VIA.',
  },
  'target-address-refused': {
    status: 502,
    title: 'The database lets nobody in from the address that we come from.',
    hint: 'Make the account for our address: CREATE USER …@our-address, or @a-network/mask. The log of the server names the address that it sees.',
    onAws: 'A function comes from an address of its subnets, or of their NAT gateway.',
  },
  'target-address-blocked': {
    status: 503,
    title: 'The database has blocked the address that we come from, for too many of its connections were broken off.',
    hint: 'A DBA lifts it: TRUNCATE TABLE performance_schema.host_cache, or FLUSH HOSTS. Then find who breaks off there, such as a health check that knocks without logging in, or raise max_connect_errors.',
  },
  'target-database-unknown': {
    status: 502,
    title: 'The database (schema) that the target names is not there, or our account may not use it.',
    hint: 'Take it out of the credentials of this target: sessions are seen and ended without one.',
    onAws: 'It is `dbname` in the secret.',
  },
  'target-tls-required': {
    status: 502,
    title: 'The database takes no connection without TLS.',
    hint: 'Turn TLS on for this target: leave `tls` out, or set it to on.',
  },
  'target-tls-absent': {
    status: 502,
    title: 'The database offers no TLS, and this target wants it. Nothing secret was sent.',
    hint: 'Give the server a certificate (ssl_cert, ssl_key). Only where nobody can listen in between set tls to off.',
  },
  'target-tls-old': {
    status: 502,
    title: 'The database speaks no version of TLS that is still safe. Nothing secret was sent.',
    hint: 'Let the server speak TLS 1.2 or 1.3 (tls_version).',
  },
  'target-tls-failed': {
    status: 502,
    title: 'The TLS handshake with the database failed. Nothing secret was sent.',
    hint: 'The log has the error of the TLS library. Compare key, certificate and ciphers of the server with what is safe today.',
  },
  'target-certificate-untrusted': {
    status: 502,
    title: 'The certificate of the database comes from an authority that we do not trust. Nothing secret was sent.',
    hint: 'Name the authority in warden.yaml: `tls: { ca: … }`. Or pin the certificate of this target with `fingerprint`.',
  },
  'target-certificate-self-signed': {
    status: 502,
    title: 'The database signed its certificate itself. Nothing secret was sent.',
    hint: 'Pin the certificate of this target with `fingerprint`, or give the server one of an authority.',
  },
  'target-certificate-expired': {
    status: 502,
    title: 'The certificate of the database has expired, or is not valid yet. Nothing secret was sent.',
    hint: 'Renew it on the server (ALTER INSTANCE RELOAD TLS, on MariaDB FLUSH SSL), and compare the clocks.',
  },
  'target-certificate-name': {
    status: 502,
    title: 'The certificate of the database is for another name than the host of this target. Nothing secret was sent.',
    hint: 'Connect by a name that stands in it, or say with `serverName` which name is meant; else pin it with `fingerprint`. `tls: unverified` encrypts and compares nothing.',
  },
  'target-certificate-changed': {
    status: 502,
    title: 'The certificate of the database is not the one that this target pins. Nothing secret was sent.',
    hint: 'If it was renewed, compare the new SHA-256 fingerprint on the server itself and put it into this target. If nobody renewed it, somebody may sit in between.',
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
    title: 'The connection to the database broke.',
    hint: 'See whether the server runs, restarts or fails over, and whether something in between cut the connection; then try again.',
  },
  'target-host-unknown': {
    status: 503,
    title: 'The host name of the database cannot be resolved.',
    hint: 'Compare the host of this target with the name of the server, and ask the name servers of this machine for it.',
    onAws: 'It stands in its secret; a private name resolves only inside its VPC.',
  },
  'target-port-closed': {
    status: 503,
    title: 'Nothing listens at the address and port of the database.',
    hint: 'See that the server runs, and that it listens at the host and port of this target (port, bind_address, skip_networking).',
  },
  'target-silent': {
    status: 503,
    title: 'Nothing answers at the address of the database.',
    hint: 'Check the host and port of this target, that the machine is up, and the routes and firewalls on the way there.',
    onAws: 'Most often it is the security groups: that of the database must let that of the functions in at its port.',
  },
  'target-shutting-down': {
    status: 503,
    title: 'The database is shutting down.',
    hint: 'Wait until it is up again, then try again.',
  },
  'target-offline': {
    status: 503,
    title: 'The database is in offline mode, in which it lets only administrators in.',
    hint: 'Give our account CONNECTION_ADMIN, or end the offline mode: SET GLOBAL offline_mode = OFF.',
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
    hint: 'Whoever has SUPER on every target sees who threw the stop and why (GET /stop), and lifts it (DELETE /stop), but for `stop` in warden.yaml.',
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
} as const satisfies Record<string, { status: number; title: string; hint: string; onAws?: string }>;

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
  /** The target's credentials are in Secrets Manager, so the hint may speak of that. */
  readonly inSecretsManager?: boolean | undefined;
}

/** What to do next, with what there is to say on AWS besides. */
function hintOf(code: ErrorCode, inSecretsManager = false): string {
  const { hint, onAws }: { readonly hint: string; readonly onAws?: string } = ERRORS[code];
  return inSecretsManager && onAws !== undefined ? `${hint} ${onAws}` : hint;
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
    this.hint = hintOf(code, options.inSecretsManager);
    this.detail = options.detail;
    this.retryAfter = options.retryAfter;
    this.auditId = options.auditId;
  }
}
