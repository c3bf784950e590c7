import type { Who } from '../config-schema.ts';

/** What a principal has on one target, worked out from the access rules and, where they say so, from the database. */
export interface Access {
  /** PROCESS: views all sessions. */
  readonly process: boolean;
  /** SUPER: ends all sessions and statements. */
  readonly super: boolean;
  /** Database users that count as the principal's own. Compared byte for byte. */
  readonly users: readonly string[];
  /** May read statement texts with their literals. */
  readonly fullStatements: boolean;
  /** What may be ended only once a second person has approved it; `super` and `users` above include it. */
  readonly approvals?: readonly ApprovalTerms[];
  /** What may be ended without; given wherever `approvals` is. */
  readonly withoutApproval?: { readonly super: boolean; readonly users: readonly string[] };
  /** What each rule gives, for the record to name the one that lets somebody end something. */
  readonly grants?: readonly RuleGrant[];
}

/** What one rule gives. */
export interface RuleGrant {
  /** Its place in warden.yaml and whom it is for: `access[1] group: dba`. */
  readonly rule: string;
  readonly super: boolean;
  readonly users: readonly string[];
  readonly needsApproval: boolean;
}

/** What one rule gives on the condition that somebody approves. */
export interface ApprovalTerms {
  readonly super: boolean;
  readonly users: readonly string[];
  /** Who may approve. */
  readonly by: Who;
  readonly withinSeconds: number;
}
