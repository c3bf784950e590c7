import { isIPv4 } from 'node:net';

/** How the connection is secured; see {@link Secured}. */
export type Tls = 'on' | 'rds' | 'unverified' | 'off';

/** What it takes to connect to one target. Never logged. */
export interface Credentials extends Secured {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string | undefined;
  /** True where RDS takes a token for the password, and takes it as it is: only over TLS whose certificate is compared. */
  readonly iam?: true;
  /** Where the server lets administrators in though it is full: MySQL's `admin_port`, MariaDB's `extra_port`. */
  readonly admin?: { readonly host: string; readonly port: number };
}

/** One database endpoint that this installation knows. */
export interface Target {
  readonly name: string;
}

/** Finds targets and their credentials. */
export interface TargetDirectory {
  /** The credentials are secrets of Secrets Manager: hints speak of that there, and nowhere else. */
  readonly inSecretsManager?: true;
  list(): Promise<readonly Target[]>;
  /** The target of that name, or `undefined`. */
  find(name: string): Promise<Target | undefined>;
  /**
   * Credentials to try in order, each asked for only when the server refused the one before (1045): as cached, read
   * again where that differs, a rotation's `AWSPENDING`, and what has become current meanwhile.
   */
  candidates(target: Target): AsyncIterable<Credentials>;
}

/** How a target's connection is secured. */
export interface Secured {
  /**
   * `on`: the certificate is verified, `rds`: with the RDS roots known, `unverified`: encrypted and nothing compared, `off`:
   * plain. The last two only where the target says so.
   */
  readonly tls: Tls;
  /** The name that must stand in the certificate, where it is not the host's. */
  readonly serverName?: string;
  /** SHA-256 of the one certificate that is right, 64 hexadecimal digits; takes the place of authority and name. */
  readonly fingerprint?: string;
}

/** What a person knows of it: how a connection is encrypted, and why that is not the best there is. */
export interface Encryption {
  readonly mode: 'verified' | 'pinned' | 'unverified' | 'off';
  /** A public sentence; `null` where there is nothing to say. */
  readonly weakness: string | null;
}

const RDS_HOST = /\.rds\.amazonaws\.com(\.cn)?\.?$/i;

/**
 * How to secure the connection to a host whose target does not say: `rds` for endpoints of Amazon RDS, whose roots no
 * public bundle holds, `on` for every other. Never less.
 */
export const defaultTls = (host: string): Tls => (RDS_HOST.test(host) ? 'rds' : 'on');

/** True for this machine's own addresses. */
export const isLoopback = (host: string): boolean =>
  host === '::1' || host.toLowerCase() === 'localhost' || (isIPv4(host) && host.startsWith('127.'));

/** Host names, and what servers put in their place into the certificates that they make for themselves. */
export const SERVER_NAME = /^[A-Za-z0-9._:-]{1,253}$/;
/** As `openssl x509 -fingerprint -sha256` prints it, with colons or without. */
export const FINGERPRINT = /^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/;

/** Puts together what a target says, or why that contradicts itself. */
export function secured(
  tls: Tls,
  serverName: string | undefined,
  fingerprint: string | undefined,
): Secured | { readonly contradiction: string } {
  if (serverName !== undefined && fingerprint !== undefined)
    return { contradiction: 'serverName and fingerprint exclude each other: a pinned certificate needs no name' };
  if ((serverName ?? fingerprint) !== undefined && (tls === 'off' || tls === 'unverified'))
    return { contradiction: `serverName and fingerprint need a certificate that is compared, and tls is ${tls}` };
  return {
    tls,
    ...(serverName !== undefined && { serverName }),
    ...(fingerprint !== undefined && { fingerprint: fingerprint.replaceAll(':', '').toLowerCase() }),
  };
}

const NOT_COMPARED =
  'The certificate of the server is not verified (tls is unverified): anyone in between can read and change everything, including the password. Pin it with fingerprint.';
const PLAIN = 'Nothing is encrypted (tls is off): anyone in between can read and change everything.';

/** What is to be said of a target's encryption. Plain is no weakness on this machine itself. */
export function encryptionOf({ host, tls, fingerprint }: Secured & { readonly host: string }): Encryption {
  if (tls === 'unverified') return { mode: tls, weakness: NOT_COMPARED };
  if (tls === 'off') return { mode: tls, weakness: isLoopback(host) ? null : PLAIN };
  return { mode: fingerprint === undefined ? 'verified' : 'pinned', weakness: null };
}

const TARGET_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/**
 * True for text that may name a target: 1 to 100 ASCII letters, digits, `_`, `.` and `-`, the first a letter or digit.
 * Such a name needs no escaping in a path, a log line or an ARN.
 */
export const isTargetName = (text: string): boolean => TARGET_NAME.test(text);
