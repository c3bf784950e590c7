import type { Intent } from '../audit/audit.ts';
import type { Database } from '../database/database.ts';
import { AppError } from '../errors.ts';
import { resolveAccess } from '../privileges/access-rules.ts';
import type { Services } from '../services.ts';
import { refuseWhileStopped } from '../stop-switch.ts';
import { step } from '../telemetry/call.ts';
import { count } from '../telemetry/samples.ts';
import { carryOut, type Order } from './carry-out.ts';
import { type KillContext, toIntent } from './intent.ts';
import { type Demand, judge, type Rules, refusalOf } from './judge.ts';
import type { KillResult } from './outcome.ts';
import type { Session } from './session.ts';
import { identityStrength } from './tags.ts';

/** Records a refusal. That it cannot be recorded does not make it a kill, so the refusal stands either way. */
export async function recordRefusal(
  services: Pick<Services, 'audit'>,
  intent: Intent,
  detail: string,
): Promise<string | undefined> {
  count('Kills', { outcome: 'refused' });
  try {
    const id = await services.audit.begin(intent);
    await services.audit.finish(id, { outcome: 'refused', proven: false, detail });
    return id;
  } catch {
    return undefined;
  }
}

/**
 * The flow of every kill, for one or many: read → authorize → record the intents → compare and kill → look again →
 * record the outcomes. An answer for each demand, in their order; one that fails does not hold the others.
 *
 * @throws AppError where nothing could be done at all: `kills-stopped`, or the database or the audit store failed before anything was sent.
 */
export async function kill(
  services: Services,
  database: Database,
  context: KillContext,
  demands: readonly Demand[],
): Promise<readonly (KillResult | AppError)[]> {
  await refuseWhileStopped(services);
  const { access: accessRules, requireTags, protected: protection } = services.config;
  const access = await resolveAccess(accessRules, context.principal, context.target, (users) =>
    database.privilegesOf(users),
  );
  const { principal: requester, approver } = context;
  const rules: Rules = {
    access,
    requireTags,
    ownId: database.server.ownId,
    protectedUsers: protection.users,
    ...(approver !== undefined && { approval: { requester, approver } }),
  };
  const found = await step('list', () => database.find([...new Set(demands.map(({ id }) => id))]));
  const rowsOf = Map.groupBy(found, ({ id }) => id);

  const answers: (KillResult | AppError | undefined)[] = demands.map(() => undefined);
  const orders: Order[] = [];
  for (const [index, demand] of demands.entries()) {
    const rows = rowsOf.get(demand.id) ?? [];
    const [session] = rows;
    const verdict = judge(rows, demand, rules);
    if (verdict.do === 'kill') {
      orders.push({
        index,
        demand,
        victim: verdict.victim,
        intent: toIntent(verdict.victim.session, demand.kind, context),
      });
    } else if (verdict.do === 'nothing-running') {
      answers[index] = nothingRunning(context.target, demand, session);
    } else if (verdict.do === 'refused' && session !== undefined) {
      const detail = verdict.detail ?? verdict.code;
      const auditId = await recordRefusal(services, toIntent(session, demand.kind, context), detail);
      answers[index] = new AppError(verdict.code, {
        ...(verdict.detail === null ? {} : { detail: verdict.detail }),
        // Who may not know of the session learns nothing from a record's ID either.
        ...(auditId === undefined || verdict.code === 'session-not-found' ? {} : { auditId }),
      });
    } else {
      answers[index] = verdict.do === 'no' ? refusalOf(verdict) : new AppError('session-not-found');
    }
  }
  for (const [index, answer] of await carryOut(services.audit, database, context, orders)) answers[index] = answer;
  return answers.map((answer) => answer ?? new AppError('internal'));
}

function nothingRunning(target: string, { id, kind }: Demand, session: Session | undefined): KillResult {
  count('Kills', { outcome: 'nothing-running' });
  return {
    target,
    id,
    kind,
    outcome: 'nothing-running',
    identity: session === undefined ? 'approximate' : identityStrength(session, 'connection'),
    proven: true,
    auditId: null,
    hint: 'The session runs no statement now. To end the session itself, end its connection.',
  };
}
