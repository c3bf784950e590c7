import { reap } from '../reaper/reap.ts';
import { keepVictim } from '../reaper/warn/keep-victim.ts';
import type { Services } from '../services.ts';
import { type BlockerNode, listBlockers } from '../sessions/blockers.ts';
import { currentCorrelationId } from '../telemetry/call.ts';
import type { Blocker, CommandServices, EndedVictim, FindBlockers, ReapNow } from './ports.ts';

function toBlockers({ id, session, holdsUp, likely, reason, xa, waiters }: BlockerNode): readonly Blocker[] {
  const unseen = id !== null && session === null ? 'for a session that has gone by now' : null;
  const parts = [unseen ?? reason, ...xa.map((xid) => `XA ROLLBACK ${xid}`)];
  const named = parts.filter((part) => part !== null).join(' · ');
  const one = { session, blocks: holdsUp, likely, reason: named || null };
  // Where the holder cannot be ended, who waits for it and holds up others can.
  const next = id === null ? waiters.filter((waiter) => waiter.holdsUp > 0) : [];
  return [one, ...next.flatMap(toBlockers)];
}

const findBlockers =
  (services: Services): FindBlockers =>
  async (call) =>
    (await listBlockers(services, call)).blockers.flatMap(toBlockers);

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
