import type { Database, KillingDatabase } from '../../database/database.ts';
import { AppError, type ErrorCode } from '../../errors.ts';
import { resolveAccess } from '../../privileges/access-rules.ts';
import { type Approval, ruleThatLets } from '../../privileges/approval.ts';
import { needsPerson } from '../../privileges/principal.ts';
import type { Services } from '../../services.ts';
import { withTarget } from '../../targets/with-target.ts';
import { step } from '../../telemetry/call.ts';
import { count, countFailure } from '../../telemetry/samples.ts';
import { recordAttempts, recordRefusals, toRefusal } from '../on-record.ts';
import type { KillKind, Session, SessionId } from '../session.ts';
import { identityStrength } from '../tags.ts';
import { barOf, carryOut } from './carry-out.ts';
import { type KillContext, toIntent } from './intent.ts';
import { type Demand, judge, type Order, type Rules, refusalFor, refusalOf, type Verdict } from './judge.ts';
import type { IdentityStrength, KillResult, Outcome } from './outcome.ts';
import { refuseWhileStopped } from './stop-switch.ts';

/** A demand that was refused, by its place in the call. */
interface Refused {
  readonly index: number;
  readonly demand: Demand;
  readonly verdict: Extract<Verdict, { readonly do: 'refused' }>;
}

/** Judges a demand, and refuses what the door would bar all the same, here where it is known who may view it. */
export function judgeAtDoor(
  services: Pick<Services, 'config'>,
  database: Pick<Database, 'server'>,
  rows: readonly Session[],
  demand: Demand,
  rules: Rules,
): Verdict {
  const verdict = judge(rows, demand, rules);
  if (verdict.do !== 'kill') return verdict;
  const { session } = verdict.victim;
  const bar = barOf(services, database, session, demand.kind);
  return bar === undefined ? verdict : refusalFor(rules.access, session, bar.code, bar.detail);
}

function refusedAs({ code, detail }: Refused['verdict'], auditId: string | undefined): AppError {
  // Who may not know of the session learns nothing from a record's ID either.
  return new AppError(code, { detail, auditId: code === 'session-not-found' ? undefined : auditId });
}

/**
 * The flow of every kill, for one or many: read → authorize → record the intents → compare and kill → look again →
 * record the outcomes. An answer for each demand, in their order; one that fails does not hold the others.
 *
 * @throws AppError where nothing could be done at all: `kills-stopped`, or the database or the audit store failed before anything was sent.
 */
export async function kill(
  services: Services,
  database: KillingDatabase,
  context: KillContext,
  demands: readonly Demand[],
): Promise<readonly (KillResult | AppError)[]> {
  await refuseWhileStopped(services).catch(async (error: unknown) => {
    await recordAttempts(services.audit, context, demands, 'kills-stopped');
    throw error;
  });
  const { access: accessRules, requireTags, protected: protection } = services.config;
  const access = await resolveAccess(accessRules, context.principal, context.target, (users) =>
    database.privilegesOf(users),
  );
  const approval = await approvalOf(services, database, context);
  const rules: Rules = {
    access,
    needsPerson: needsPerson(services.config, context.principal),
    // An agent ends only what it was shown.
    requireTags: requireTags || context.principal.agent !== undefined,
    ownId: database.server.ownId,
    engine: database.server.engine,
    protectedUsers: protection.users,
    ...(approval !== undefined && { approval }),
  };
  const ids = [...new Set(demands.map(({ id }) => id))];
  const found = await step('list', () => database.find(ids), database.server.engine);
  const rowsOf = Map.groupBy(found, ({ id }) => id);

  const answers: (KillResult | AppError | undefined)[] = demands.map(() => undefined);
  const orders: Order[] = [];
  const refused: Refused[] = [];
  for (const [index, demand] of demands.entries()) {
    const verdict = judgeAtDoor(services, database, rowsOf.get(demand.id) ?? [], demand, rules);
    if (verdict.do === 'kill') {
      orders.push({
        index,
        demand,
        victim: verdict.victim,
        intent: toIntent(verdict.victim.session, demand.kind, {
          ...context,
          rule: ruleThatLets(access, verdict.victim.session),
        }),
      });
    } else if (verdict.do === 'nothing-running') {
      answers[index] = nothingRunning(context.target, demand, verdict.session);
    } else if (verdict.do === 'refused') {
      refused.push({ index, demand, verdict });
    } else {
      answers[index] = refusalOf(verdict);
    }
  }
  const recording = recordRefusals(
    services.audit,
    refused.map(({ verdict, demand }) => toRefusal(verdict, demand, context)),
  );
  const ended = await carryOut(services, database, context, orders).finally(() => recording);
  const auditIds = await recording;
  for (const [place, { index, verdict }] of refused.entries()) answers[index] = refusedAs(verdict, auditIds[place]);
  for (const [index, answer] of ended) answers[index] = answer;
  // Stryker disable next-line StringLiteral: every place has been filled
  return answers.map((answer) => answer ?? new AppError('internal'));
}

/** Who has approved it, with what they have on the target now. */
export async function approvalOf(
  { config }: Pick<Services, 'config'>,
  database: Pick<Database, 'privilegesOf'>,
  { principal: requester, approver, target }: Pick<KillContext, 'principal' | 'approver' | 'target'>,
): Promise<Approval | undefined> {
  if (approver === undefined) return undefined;
  const access = await resolveAccess(config.access, approver, target, (users) => database.privilegesOf(users));
  return { requester, approver, access };
}

function nothingRunning(target: string, { id, kind }: Demand, session: Session): KillResult {
  count('Kills', { outcome: 'nothing-running' });
  return {
    target,
    id,
    kind,
    outcome: 'nothing-running',
    identity: identityStrength(session, 'connection'),
    // What has left the process list may run something still, which no list shows.
    proven: session.lingering !== true,
    auditId: null,
    hint: session.lingering
      ? 'The session has left the process list, which no longer shows what it runs. Nothing was sent.'
      : 'The session runs no statement now. To end the session itself, end its connection.',
  };
}

type KillRequest = KillContext & Demand;

/**
 * Ends one session or its statement, and says what became of it.
 *
 * @throws AppError `session-not-found`, `not-allowed`, `protected`, `tag-invalid`, `tag-mismatch`, `tag-required`,
 * `audit-unavailable`, and the `target-…` family.
 */
export function killSession(services: Services, request: KillRequest): Promise<KillResult> {
  const asStranger = () => recordAttempts(services.audit, request, [request], 'target-not-found');
  return withTarget(services, { ...request, purpose: 'kill', asStranger }, async (_, toKill) => {
    // Stryker disable next-line StringLiteral: each demand has an answer
    const [answer = new AppError('internal')] = await kill(services, toKill, request, [request]);
    if (answer instanceof AppError) throw answer;
    return answer;
  });
}

interface BulkKillRequest extends Omit<KillContext, 'escalateAfter'> {
  readonly kills: readonly Demand[];
}

/** What became of one of many. */
export interface BulkKillResult {
  readonly id: SessionId;
  readonly kind: KillKind;
  /** `null` where nothing could be decided; then `code` says why. */
  readonly outcome: Outcome | null;
  readonly identity: IdentityStrength | null;
  readonly proven: boolean;
  readonly auditId: string | null;
  /** The catalogue's code where this one was refused or failed (`session-not-found`, `tag-mismatch`, …). */
  readonly code: ErrorCode | null;
}

const REFUSALS: readonly ErrorCode[] = [
  'not-allowed',
  'protected',
  'approval-needed',
  'identity-approximate',
  'kills-stopped',
  'too-many-kills',
  'tag-invalid',
  'tag-required',
];
const CHANGES: readonly ErrorCode[] = ['tag-mismatch'];

function outcomeOf({ code }: AppError): Outcome | null {
  if (REFUSALS.includes(code)) return 'refused';
  return CHANGES.includes(code) ? 'changed' : null;
}

/** Ends up to 1,000 sessions or statements over one connection; one that fails does not hold the others. */
export function killSessions(
  services: Services,
  request: BulkKillRequest,
): Promise<{ readonly target: string; readonly results: readonly BulkKillResult[] }> {
  const asStranger = () => recordAttempts(services.audit, request, request.kills, 'target-not-found');
  return withTarget(services, { ...request, purpose: 'kill', asStranger }, async (_, toKill) => {
    const answers = await kill(services, toKill, { ...request, escalateAfter: null }, request.kills);
    for (const answer of answers) if (answer instanceof AppError) countFailure(answer);
    const results = request.kills.map(({ id, kind }, index): BulkKillResult => {
      // Stryker disable next-line StringLiteral: each demand has an answer
      const answer = answers[index] ?? new AppError('internal');
      return answer instanceof AppError
        ? {
            id,
            kind,
            outcome: outcomeOf(answer),
            identity: null,
            proven: false,
            auditId: answer.auditId ?? null,
            code: answer.code,
          }
        : {
            id,
            kind,
            outcome: answer.outcome,
            identity: answer.identity,
            proven: answer.proven,
            auditId: answer.auditId,
            code: null,
          };
    });
    return { target: request.target, results };
  });
}
