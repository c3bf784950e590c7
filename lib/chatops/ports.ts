import type { Principal } from '../privileges/principal.ts';
import type { Undecidable } from '../reaper/undecidable.ts';
import type { KeepRequest } from '../reaper/warn/keep-victim.ts';
import type { Keeping } from '../reaper/warn/warning.ts';
import type { Services } from '../services.ts';
import type { KillResult } from '../sessions/outcome.ts';
import type { SessionView } from '../sessions/session-view.ts';
import type { RequestStore } from './stores/request-store.ts';

/** A session that others wait for, or the reason why none is known. */
export interface Blocker {
  /** `null` where no session holds the lock, or nobody knows which. */
  readonly session: SessionView | null;
  /** How many wait for it, directly or behind one another. */
  readonly blocks: number;
  /** It may be the one that they wait for, and may not. */
  readonly likely: boolean;
  /** Why the holder is not known, or is no session, with what ends a transaction that has none; `null` where it is known. */
  readonly reason: string | null;
}

/** A session that a reaper's rule would end. */
export interface PlannedVictim {
  readonly session: Pick<SessionView, 'id' | 'tag' | 'user' | 'host' | 'db' | 'command' | 'time'>;
  /** Why the rule chose it. */
  readonly why: string;
  /** Its owners are warned first, or somebody keeps it. */
  readonly isWarned: boolean;
}

/** What a reaper's rule would do. */
export interface ReapPlan {
  readonly victims: readonly PlannedVictim[];
  /** What it asks for and the target never shows. */
  readonly undecidable: readonly Undecidable[];
}

/** What became of one of a plan's victims; `warned`: it lives, and its warning says until when. */
export interface EndedVictim {
  readonly id: string;
  readonly outcome: KillResult['outcome'] | 'warned';
}

/** A call on somebody's behalf. */
export interface OnTarget {
  readonly principal: Principal;
  readonly target: string;
}

/** Who blocks whom: the roots, and below one that is no session those that hold up others themselves. */
export type FindBlockers = (call: OnTarget) => Promise<readonly Blocker[]>;

/** A reaper's rule, run by a person. */
export interface ReapNow {
  /** Whom the rule would end now; ends nobody. @throws AppError `request-invalid` for a rule that there is not. */
  plan(call: OnTarget & { readonly rule: string }): Promise<ReapPlan>;
  /** Ends those of `victims` that the rule still chooses, each compared with its tag, and warns where the rule does. */
  run(
    call: OnTarget & {
      readonly rule: string;
      readonly victims: readonly { readonly id: string; readonly tag: string }[];
      readonly correlationId: string;
    },
  ): Promise<readonly EndedVictim[]>;
}

/** Keeps a victim from a reaper for a while, and records who wanted it; see {@link import('../reaper/warn/keep-victim.ts').keepVictim}. */
export type KeepVictim = (request: KeepRequest) => Promise<Keeping>;

/** What commands need: the use cases' services, and what is done elsewhere. An absent port is a command that is not there. */
export interface CommandServices extends Services {
  readonly requests: RequestStore;
  readonly findBlockers?: FindBlockers;
  readonly reapNow?: ReapNow;
  readonly keepVictim?: KeepVictim;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
