// What the API answers, by the types that its schemas are checked against: the compiler tells when the page falls behind.
import type { AuditRecord } from '../../lib/audit/audit.ts';
import type { Wire } from '../../lib/http/answers.ts';
import type { ConsoleSettings } from '../../lib/http/console.ts';
import type { ReapReport } from '../../lib/reaper/report.ts';
import type { BlockerNode } from '../../lib/sessions/blockers.ts';
import type { SessionDetail } from '../../lib/sessions/get-session.ts';
import type { BulkKillResult } from '../../lib/sessions/kill/kill-sessions.ts';
import type { StopView } from '../../lib/sessions/kill/stop-kills.ts';
import type { SessionPage } from '../../lib/sessions/list-sessions.ts';
import type { SessionView } from '../../lib/sessions/session-view.ts';
import type { TargetHealth } from '../../lib/targets/check-target.ts';
import type { TargetView } from '../../lib/targets/list-targets.ts';

/** How the page gets a token. */
export type Settings = ConsoleSettings;
/** One session, as a list shows it. */
export type Session = Wire<SessionView>;
/** One session with its locks. */
export type Detail = Wire<SessionDetail>;
/** A place in the forest of who blocks whom. */
export type Blocker = Wire<BlockerNode>;
/** How a target is. */
export type Health = Wire<TargetHealth>;
/** A target. */
export type Target = Wire<TargetView>;
/** Whether every kill is stopped. */
export type Stop = Wire<StopView>;
/** An entry of the record. */
export type Entry = Wire<AuditRecord>;
/** What became of one kill of many. */
export type Ended = Wire<BulkKillResult>;
/** What a rule does or would do. */
export type Reap = Wire<ReapReport<string | null>>;
/** A page of sessions. */
export type Page = Wire<SessionPage>;
