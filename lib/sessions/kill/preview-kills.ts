import { AppError } from '../../errors.ts';
import { type ApprovalTerms, mayView, resolveAccess } from '../../privileges/access-rules.ts';
import { missingApproval, ruleThatLets } from '../../privileges/approval.ts';
import { needsPerson } from '../../privileges/principal.ts';
import type { Services } from '../../services.ts';
import { withTarget } from '../../targets/with-target.ts';
import { type Refusal, recordAttempts, recordRefusals, toRefusal } from '../on-record.ts';
import type { Session } from '../session.ts';
import type { KillContext } from './intent.ts';
import { type Demand, type Rules, refusalOf } from './judge.ts';
import { judgeAtDoor } from './kill.ts';

/** What a kill would meet: nothing in its way, an approval, or the error that it would end with. */
export type Preview =
  | (Previewed & { readonly may: 'kill' })
  | (Previewed & { readonly may: 'ask'; readonly terms: ApprovalTerms })
  | { readonly may: 'nothing-running' }
  | { readonly may: 'not'; readonly error: AppError };

/** The rules as they are once whatever they ask for is approved. */
const ifApproved = ({ access, ...rules }: Rules): Rules => ({
  ...rules,
  access: { ...access, approvals: [] },
  needsPerson: false,
});

/** A session that could be ended. */
interface Previewed {
  readonly session: Session;
  /** False where the principal may end it and not view it: then it is told nothing of it. */
  readonly isVisible: boolean;
  /** The access rule that lets it, as the record names it. */
  readonly rule: string | null;
}

/**
 * Judges kills as {@link import('./kill.ts').kill} does, and sends none: for those who show what could be ended.
 *
 * @param record true where a caller asked to end these: then a refusal is recorded.
 */
export function previewKills(
  services: Services,
  context: KillContext,
  demands: readonly Demand[],
  record: boolean,
): Promise<readonly Preview[]> {
  const { config } = services;
  const asStranger = async () =>
    record ? recordAttempts(services.audit, context, demands, 'target-not-found') : undefined;
  return withTarget(services, { ...context, asStranger }, async (database) => {
    const access = await resolveAccess(config.access, context.principal, context.target, (users) =>
      database.privilegesOf(users),
    );
    const { ownId, engine } = database.server;
    const rules: Rules = {
      access,
      needsPerson: needsPerson(config, context.principal),
      requireTags: context.principal.agent !== undefined,
      ownId,
      engine,
      protectedUsers: config.protected.users,
    };
    const rowsOf = Map.groupBy(await database.find(demands.map(({ id }) => id)), ({ id }) => id);
    const refusals: Refusal[] = [];
    const previewOf = (demand: Demand): Preview => {
      const rows = rowsOf.get(demand.id) ?? [];
      const first = judgeAtDoor(services, database, rows, demand, rules);
      const isToApprove = first.do === 'refused' && first.code === 'approval-needed';
      // No one is asked about what would be refused once it is approved, such as for a tag that has changed.
      const verdict = isToApprove ? judgeAtDoor(services, database, rows, demand, ifApproved(rules)) : first;
      const [session] = rows;
      const isVisible = session !== undefined && mayView(access, session);
      const rule = session === undefined ? null : ruleThatLets(access, session);
      if (verdict.do === 'kill' && session !== undefined) {
        const terms = missingApproval(access, session, rules);
        return terms ? { may: 'ask', session, isVisible, rule, terms } : { may: 'kill', session, isVisible, rule };
      }
      if (verdict.do === 'nothing-running') return { may: 'nothing-running' };
      if (verdict.do === 'refused') refusals.push(toRefusal(verdict, demand, context));
      return { may: 'not', error: verdict.do === 'kill' ? new AppError('internal') : refusalOf(verdict) };
    };
    const previews = demands.map(previewOf);
    if (record) await recordRefusals(services.audit, refusals);
    return previews;
  });
}
