import { createHash } from 'node:crypto';
import type { Database, KillingDatabase } from '../database/database.ts';
import { AppError } from '../errors.ts';
import { type Access, type ApprovalTerms, mayEnd, mayView } from '../privileges/access-rules.ts';
import { missingApproval } from '../privileges/approval.ts';
import { needsPerson, type Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import { approvalOf } from '../sessions/kill/kill.ts';
import { refuseWhileStopped } from '../sessions/kill/stop-switch.ts';
import { recordAttempts } from '../sessions/on-record.ts';
import { viewerOf } from '../sessions/session-view.ts';
import { withTarget } from '../targets/with-target.ts';
import { victimTag } from './asked.ts';
import { type Choice, type Chosen, compileRule, type Rule } from './choose.ts';
import { endVictims } from './end-victims.ts';
import { heldBy, recordHeld } from './limits.ts';
import { lookAndChoose, spare } from './look.ts';
import { parseRule, type Reaper } from './policy-schema.ts';
import { type ReapReport, toReport } from './report.ts';

/** A rule that a person sends, to see or to end those that it chooses. */
export interface RuleRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly rule: Reaper;
  /** Ends the first so many, oldest first; `null`: all. */
  readonly limit: number | null;
  /** Why, for the record. */
  readonly reason: string | null;
  readonly correlationId: string;
}

/** Ends those that were shown. */
export interface EndRequest extends RuleRequest {
  /** The digest of the dry run that showed them. */
  readonly digest: string;
  /** Who has approved it, where an access rule asks for a second person, and the request that was approved. */
  readonly approver?: Principal;
  readonly approvalRequest?: string;
}

/** What a rule would do now, and what of it a second person must approve first. */
export interface RulePlan {
  readonly report: ReapReport<null>;
  /** Chosen, and to be approved first, all on the terms of one access rule; no part of the report's victims. */
  readonly toApprove: readonly (Chosen & { readonly terms: ApprovalTerms })[];
}

/** What of a dry run must be approved, as it was shown. */
export interface ShownPlan {
  /** Those that would be ended once it is approved. */
  readonly sessions: readonly Chosen[];
  /** On whose terms; `null` where nothing of it needs an approval. */
  readonly terms: ApprovalTerms | null;
  /** The limit past which nothing would be ended; `null` where none is passed. */
  readonly held: string | null;
}

/** What one look gives for a person. */
interface Look {
  readonly access: Access;
  readonly choice: Choice;
  readonly toApprove: RulePlan['toApprove'];
  /** How many sessions the person may view, ours not counted. */
  readonly others: number;
}

const NOT_YOURS = 'it is not yours to end';
const APPROVAL = 'a person must approve its end first';

/** Chooses among the sessions that the principal may view, and sorts out what they may not end. */
async function lookFor(
  services: Services,
  request: EndRequest | RuleRequest,
  rule: Rule,
  database: Database,
): Promise<Look> {
  const { principal, target } = request;
  const { access } = await viewerOf(services, principal, target, database);
  const { protected: kept } = services.config;
  const { choice, others } = await lookAndChoose(database, rule, kept.users, (session) => mayView(access, session));
  const approval = await approvalOf(services, database, request);
  const asked = { needsPerson: needsPerson(services.config, principal), approval };
  const toApprove: (Chosen & { readonly terms: ApprovalTerms })[] = [];
  const ownChoice = spare(choice, ({ session, reasons }) => {
    if (!mayEnd(access, session)) return NOT_YOURS;
    const terms = missingApproval(access, session, asked);
    if (terms === undefined) return null;
    toApprove.push({ session, reasons, terms });
    return APPROVAL;
  });
  return { access, others, toApprove, choice: ownChoice };
}

/** Leaves the first so many. */
const first = (choice: Choice, limit: number | null): Choice =>
  limit === null ? choice : spare(choice, (_, place) => (place < limit ? null : `limit: ${limit}`));

const BYTES = 8;
const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, BYTES);

/** What the digest is of, besides its victims: another rule, target or caller takes another. */
const bindingOf = ({ principal, target, rule, limit }: RuleRequest): Buffer =>
  hashOf(JSON.stringify([principal.source, principal.subject, target, rule, limit]));

const digestOf = (request: RuleRequest, victims: readonly Chosen[]): string =>
  Buffer.concat([
    bindingOf(request),
    ...victims.map(({ session }) => hashOf(victimTag(session, request.rule))),
  ]).toString('base64url');

/** True for those whom a digest names. @throws AppError `request-invalid` for one of another rule, target or caller */
function namedBy(request: EndRequest): (chosen: Chosen) => boolean {
  const bytes = Buffer.from(request.digest, 'base64url');
  if (!bytes.subarray(0, BYTES).equals(bindingOf(request)) || bytes.length % BYTES > 0)
    throw new AppError('request-invalid', {
      detail: 'digest: it is not one that a dry run of this rule gave you on this target. Run the dry run again.',
    });
  const shown = new Set<string>();
  for (let at = BYTES; at < bytes.length; at += BYTES) shown.add(bytes.toString('hex', at, at + BYTES));
  return ({ session }) => shown.has(hashOf(victimTag(session, request.rule)).toString('hex'));
}

/**
 * What a rule that a person sends would do. Without PROCESS it is about their own sessions only. Ends nothing.
 *
 * @throws AppError `target-not-found`, the `target-…` family
 */
export function planByRule(services: Services, request: RuleRequest): Promise<RulePlan> {
  const rule = compileRule(request.rule);
  return withTarget(services, request, async (database) => {
    const look = await lookFor(services, request, rule, database);
    const choice = first(look.choice, request.limit);
    const held = heldBy(rule.reaper, choice.victims.length, look.others);
    const toApprove = onSameTerms(look.toApprove).slice(0, roomIn(request, choice));
    const report = toReport(named(request, true), rule.reaper, look.others, choice, {
      held,
      digest: digestOf(request, choice.victims),
      // One approval is for all that the person was shown, those that they could end alone too.
      ...(toApprove.length > 0 && {
        approval: {
          victims: toApprove,
          held: heldBy(rule.reaper, choice.victims.length + toApprove.length, look.others),
          digest: digestOf(request, [...choice.victims, ...toApprove]),
        },
      }),
    });
    return { report, toApprove };
  });
}

/** One question is put to those whom one access rule names. */
const onSameTerms = (toApprove: RulePlan['toApprove']): RulePlan['toApprove'] =>
  toApprove.filter(({ terms }) => terms === toApprove[0]?.terms);

/** How many more the limit leaves. */
const roomIn = ({ limit }: RuleRequest, { victims }: Choice): number | undefined =>
  limit === null ? undefined : Math.max(0, limit - victims.length);

/**
 * What of a dry run must be approved before it is ended, as the server shows it now. Ends nothing.
 *
 * @throws AppError `request-invalid` for a digest of something else, `target-not-found`, the `target-…` family
 */
export function planShown(services: Services, request: EndRequest): Promise<ShownPlan> {
  const rule = compileRule(request.rule);
  const isShown = namedBy(request);
  return withTarget(services, request, async (database) => {
    const look = await lookFor(services, request, rule, database);
    const toApprove = onSameTerms(look.toApprove.filter(isShown));
    const sessions = [...look.choice.victims.filter(isShown), ...toApprove];
    return { sessions, terms: toApprove[0]?.terms ?? null, held: heldBy(rule.reaper, sessions.length, look.others) };
  });
}

/** A rule as it comes with a call. */
export interface AskedReap extends Pick<RuleRequest, 'principal' | 'target' | 'correlationId'> {
  readonly rule?: unknown;
  readonly limit?: number;
  readonly reason?: string;
  /** Of the dry run whose victims are to be ended; none for a dry run. */
  readonly digest?: string;
}

/** Reads a rule that came with a call, and does what is asked. @throws AppError as {@link parseRule}, {@link planByRule} and {@link endByRule} do */
export async function reapAsked(services: Services, asked: AskedReap): Promise<ReapReport<null>> {
  const { limit = null, reason = null, digest, ...who } = asked;
  const request = { ...who, rule: parseRule(asked.rule), limit, reason };
  return digest === undefined
    ? (await planByRule(services, request)).report
    : endByRule(services, { ...request, digest });
}

const named = ({ target }: RuleRequest, dryRun: boolean) => ({ target, reaper: null, dryRun }) as const;

const NOT_SHOWN = 'digest: it was not in the dry run, or is another session or statement now';

/**
 * Ends those of a dry run that the rule still chooses, each compared on the server once more, and recorded before and
 * after. Past one of its limits it ends nothing.
 *
 * @throws AppError `request-invalid` for a digest of something else, `kills-stopped`, `audit-unavailable`,
 * `target-not-found`, the `target-…` family
 */
export async function endByRule(services: Services, request: EndRequest): Promise<ReapReport<null>> {
  const rule = compileRule(request.rule);
  const isShown = namedBy(request);
  const { principal, target, reason, correlationId, approver, approvalRequest } = request;
  const by = {
    principal,
    target,
    correlationId,
    ...(approver !== undefined && { approver }),
    ...(approvalRequest !== undefined && { approvalRequest }),
  };
  const attempted = async (code: 'kills-stopped' | 'target-not-found' | 'approval-needed') =>
    recordAttempts(services.audit, { ...by, reason }, [{ id: null, kind: 'reap' }], code);
  const asStranger = async () => attempted('target-not-found');
  return withTarget(services, { ...request, asStranger }, async (database, toKill: KillingDatabase) => {
    await refuseWhileStopped(services).catch(async (error: unknown) => {
      if (error instanceof AppError && error.code === 'kills-stopped') await attempted('kills-stopped');
      throw error;
    });
    if (approver === undefined && needsPerson(services.config, principal)) {
      await attempted('approval-needed');
      throw new AppError('approval-needed');
    }
    const { access, choice: all, others } = await lookFor(services, request, rule, database);
    const choice = spare(all, (chosen) => (isShown(chosen) ? null : NOT_SHOWN));
    const held = heldBy(rule.reaper, choice.victims.length, others);
    if (held !== null) {
      await recordHeld(services, by, choice.victims, held);
      return toReport(named(request, false), rule.reaper, others, choice, { held });
    }
    const answers = await endVictims(services, toKill, { ...by, access, reason }, rule, choice.victims);
    return toReport(named(request, false), rule.reaper, others, choice, { held, answers });
  });
}
