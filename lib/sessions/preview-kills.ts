import { AppError } from '../errors.ts';
import type { ApprovalTerms } from '../privileges/access.ts';
import { resolveAccess } from '../privileges/access-rules.ts';
import { termsOfApproval } from '../privileges/approval.ts';
import type { Services } from '../services.ts';
import { withTarget } from '../with-target.ts';
import { barOf } from './carry-out.ts';
import { type KillContext, toIntent } from './intent.ts';
import { type Demand, judge, type Rules, refusalOf } from './judge.ts';
import { type Refusal, recordRefusals } from './record-refusals.ts';
import type { Session } from './session.ts';

/** What a kill would meet: nothing in its way, somebody's approval, or the error that it would end with. */
export type Preview =
  | { readonly may: 'kill'; readonly session: Session }
  | { readonly may: 'ask'; readonly session: Session; readonly terms: ApprovalTerms }
  | { readonly may: 'nothing-running' }
  | { readonly may: 'not'; readonly error: AppError };

/**
 * Judges kills as {@link import('./kill.ts').kill} does, and sends none: for those who show what could be ended.
 *
 * @param record true where somebody asked to end these: then a refusal goes on record.
 */
export function previewKills(
  services: Services,
  context: KillContext,
  demands: readonly Demand[],
  record: boolean,
): Promise<readonly Preview[]> {
  const { config } = services;
  return withTarget(services, context, async (database) => {
    const access = await resolveAccess(config.access, context.principal, context.target, (users) =>
      database.privilegesOf(users),
    );
    const { ownId, engine } = database.server;
    const rules: Rules = { access, requireTags: false, ownId, engine, protectedUsers: config.protected.users };
    const rowsOf = Map.groupBy(await database.find(demands.map(({ id }) => id)), ({ id }) => id);
    const previews: Preview[] = [];
    const refusals: Refusal[] = [];
    for (const demand of demands) {
      const verdict = judge(rowsOf.get(demand.id) ?? [], demand, rules);
      if (verdict.do === 'kill') {
        const { session } = verdict.victim;
        const bar = barOf(services, database, session, demand.kind);
        if (bar !== undefined && record)
          refusals.push({ intent: toIntent(session, demand.kind, context), detail: bar.code });
        previews.push(bar === undefined ? { may: 'kill', session } : { may: 'not', error: bar });
      } else if (verdict.do === 'nothing-running') previews.push({ may: 'nothing-running' });
      else if (verdict.do === 'no') previews.push({ may: 'not', error: refusalOf(verdict) });
      else {
        const { session, code, detail = code } = verdict;
        const [terms] = code === 'approval-needed' ? termsOfApproval(access, session) : [];
        if (terms !== undefined) {
          previews.push({ may: 'ask', session, terms });
          continue;
        }
        if (record) refusals.push({ intent: toIntent(session, demand.kind, context), detail });
        previews.push({ may: 'not', error: new AppError(code) });
      }
    }
    await recordRefusals(services.audit, refusals);
    return previews;
  });
}
