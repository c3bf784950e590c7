import type { KillingDatabase } from '../database/database.ts';
import { AppError } from '../errors.ts';
import type { Access } from '../privileges/access-rules.ts';
import { ruleThatLets } from '../privileges/approval.ts';
import type { Services } from '../services.ts';
import { carryOut } from '../sessions/kill/carry-out.ts';
import { type KillContext, toIntent } from '../sessions/kill/intent.ts';
import type { Order } from '../sessions/kill/judge.ts';
import type { KillResult } from '../sessions/kill/outcome.ts';
import { count, countFailure } from '../telemetry/samples.ts';
import { comparesActivity, comparesStatement, comparesTime } from './asked.ts';
import type { Chosen } from './choose.ts';
import { exceptionsOf, type Rule } from './choose.ts';

const MAX_REASON = 500;

/** Servers count whole seconds: one that woke up a moment ago may show one second, and never two. */
const SURE_SECONDS = 2;

/**
 * Ends a rule's victims, each compared on the server with what it was when it was chosen, and recorded before and after.
 *
 * @returns an answer for each victim, in their order
 * @throws AppError `audit-unavailable` before anything is sent
 */
export async function endVictims(
  services: Services,
  database: KillingDatabase,
  context: Omit<KillContext, 'escalateAfter' | 'reason'> & {
    /** What a person who runs it may do; `null` for the schedule. */
    readonly access: Access | null;
    /** What a person gave as reason. */
    readonly reason?: string | null;
  },
  { reaper }: Rule,
  victims: readonly Chosen[],
): Promise<readonly (KillResult | AppError | 'nothing-running')[]> {
  const { access, reason: given = null, ...who } = context;
  const shared = { ...who, escalateAfter: reaper.escalateAfter ?? null };
  const compareActivity = comparesActivity(reaper);
  const compareStatement = comparesStatement(reaper);
  const orders = victims.flatMap(({ session, reasons }, index): Order[] => {
    if (reaper.kill === 'query' && session.statement === null) return [];
    const reason = (given === null ? [] : [given]).concat(reasons).join('; ').slice(0, MAX_REASON);
    return [
      {
        index,
        demand: { id: session.id, kind: reaper.kill, tag: null },
        victim: {
          session,
          compareStatement: compareStatement && session.statement !== null,
          // A statement's own identity says more than its command and age.
          compareActivity: compareActivity && reaper.kill === 'connection',
          leastTime: comparesTime(reaper) ? SURE_SECONDS : 0,
        },
        intent: toIntent(session, reaper.kill, {
          ...shared,
          reason,
          rule: access === null ? null : ruleThatLets(access, session),
        }),
      },
    ];
  });
  const answers = await carryOut(services, database, { ...shared, reason: null }, orders, exceptionsOf(reaper));
  for (const answer of answers.values()) if (answer instanceof AppError) countFailure(answer);
  const sent = new Set(orders.map(({ index }) => index));
  count('Kills', { outcome: 'nothing-running' }, victims.length - sent.size);
  return victims.map((_, index) =>
    sent.has(index) ? (answers.get(index) ?? new AppError('internal')) : 'nothing-running',
  );
}
