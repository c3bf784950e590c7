import { reap } from '../reaper/reap.ts';
import type { Services } from '../services.ts';
import { listBlockers } from '../sessions/blockers.ts';
import { sessionId } from '../sessions/session.ts';
import { currentCorrelationId } from '../telemetry/call.ts';
import type { CommandServices, FindBlockers, ReapNow } from './ports.ts';

const findBlockers =
  (services: Services): FindBlockers =>
  async (call) =>
    (await listBlockers(services, call)).blockers.flatMap(({ session, holdsUp }) =>
      session === null ? [] : [{ session, blocks: holdsUp }],
    );

const reapNow = (services: Services): ReapNow => ({
  plan: async ({ rule, ...call }) => {
    const correlationId = currentCorrelationId();
    const { victims } = await reap(services, { ...call, reaper: rule, dryRun: true, correlationId });
    return victims.map(({ reasons, ...session }) => ({ session, why: reasons.join('; ') }));
  },
  run: async ({ rule, victims: seen, ...call }) => {
    const only = seen.map(({ tag }) => tag);
    const { victims } = await reap(services, { ...call, reaper: rule, dryRun: false, only });
    // What the rule no longer chooses has changed since the person saw it.
    const ended = new Map(victims.map((victim) => [victim.id, victim.outcome ?? 'refused']));
    return seen.map(({ id }) => ({ id: sessionId(id), outcome: ended.get(id) ?? 'changed' }));
  },
});

/** The commands that are use cases of their own: who blocks whom, and a reaper run by a person. */
export const useCasePorts = (services: Services): Pick<CommandServices, 'findBlockers' | 'reapNow'> => ({
  findBlockers: findBlockers(services),
  reapNow: reapNow(services),
});
