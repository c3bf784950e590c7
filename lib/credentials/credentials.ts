import type { Secured } from './secured.ts';

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
   * anew where that differs, a rotation's `AWSPENDING`, and what has become current meanwhile.
   */
  candidates(target: Target): AsyncIterable<Credentials>;
}
