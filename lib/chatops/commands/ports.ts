import type { Principal } from '../../privileges/principal.ts';
import type { Undecidable } from '../../reaper/asked.ts';
import { reap } from '../../reaper/reap.ts';
import { type KeepRequest, keepVictim } from '../../reaper/warn/keep-victim.ts';
import type { Services } from '../../services.ts';
import { type BlockerNode, listBlockers } from '../../sessions/blockers.ts';
import type { KillResult } from '../../sessions/kill/outcome.ts';
import type { SessionView } from '../../sessions/session-view.ts';
import type { RequestStore } from '../../state/request-store.ts';
import type { Keeping } from '../../state/warning-store.ts';
import { currentCorrelationId } from '../../telemetry/call.ts';

/** A session that a reaper's rule would end. */
export interface PlannedVictim {
  readonly session: Pick<SessionView, 'id' | 'tag' | 'user' | 'host' | 'db' | 'command' | 'time'>;
  /** Why the rule chose it. */
  readonly why: string;
  /** Its owners are warned first, or a person keeps it. */
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

/** A call on a person's behalf. */
export interface OnTarget {
  readonly principal: Principal;
  readonly target: string;
}

/** Who blocks whom. */
export type FindBlockers = (call: OnTarget) => Promise<readonly BlockerNode[]>;

/** A reaper's rule, run by a person. */
export interface ReapNow {
  /** The sessions that the rule would end now. Ends none. @throws AppError `request-invalid` for a rule that there is not. */
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

/** Keeps a victim from a reaper for a while, and records who wanted it; see {@link import('../../reaper/warn/keep-victim.ts').keepVictim}. */
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

/** One call of a command. */
export interface CommandCall {
  readonly services: CommandServices;
  readonly principal: Principal;
  readonly requestId: string;
  /** False where the platform cannot vouch for what is asked. */
  readonly mayEnd: boolean;
}

const findBlockers =
  (services: Services): FindBlockers =>
  async (call) =>
    (await listBlockers(services, call)).blockers;

const reapNow = (services: Services): ReapNow => ({
  plan: async ({ rule, ...call }) => {
    const correlationId = currentCorrelationId();
    const report = await reap(services, { ...call, reaper: rule, dryRun: true, correlationId });
    const { victims, warned, undecidable } = report;
    const planned = [
      ...victims.map((one) => ({ one, isWarned: false })),
      ...warned.map((one) => ({ one, isWarned: true })),
    ];
    return {
      undecidable,
      victims: planned.map(({ one: { reasons, ...session }, isWarned }) => ({
        session,
        why: reasons.join('; '),
        isWarned,
      })),
    };
  },
  run: async ({ rule, victims: seen, ...call }) => {
    const only = seen.map(({ tag }) => tag);
    const { victims, warned } = await reap(services, { ...call, reaper: rule, dryRun: false, only });
    const outcomes = new Map<string, EndedVictim['outcome']>([
      ...victims.map(({ id, outcome }) => [id, outcome ?? 'refused'] as const),
      ...warned.map(({ id }) => [id, 'warned'] as const),
    ]);
    // What the rule no longer chooses has changed since the person saw it.
    return seen.map(({ id }) => ({ id, outcome: outcomes.get(id) ?? 'changed' }));
  },
});

/** The commands that are use cases of their own: who blocks whom, a reaper run by a person, and a victim that is kept. */
export const useCasePorts = (services: Services): Pick<CommandServices, 'findBlockers' | 'reapNow' | 'keepVictim'> => ({
  findBlockers: findBlockers(services),
  reapNow: reapNow(services),
  keepVictim: (request) => keepVictim(services, request),
});
