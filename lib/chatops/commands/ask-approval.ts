import { AppError } from '../../errors.ts';
import type { ApprovalTerms, Approvers } from '../../privileges/access-rules.ts';
import type { Principal } from '../../privileges/principal.ts';
import type { Services } from '../../services.ts';
import { toBareIntent, toIntent } from '../../sessions/kill/intent.ts';
import type { Demand } from '../../sessions/kill/judge.ts';
import { refuseTooManyQuestions } from '../../sessions/kill/kill-limit.ts';
import { type Preview, previewKills } from '../../sessions/kill/preview-kills.ts';
import { safeMask } from '../../sessions/masking/mask-statement.ts';
import { recordAttempts } from '../../sessions/on-record.ts';
import type { Session } from '../../sessions/session.ts';
import type { Wanted } from '../../state/request-store.ts';
import { type ChatRow, MAX_ROWS } from '../messages/answer.ts';
import { counted, sessionInWords } from '../messages/in-words.ts';
import { aRequest } from './buttons.ts';
import { type ApprovalView, viewOf } from './get-approval.ts';
import { ruleInWords } from './propose-end.ts';
import { askForApproval } from './propose-kill.ts';

/** A call that asks people whether it may end something. */
export interface AskedApproval {
  readonly principal: Principal;
  readonly target: string;
  readonly reason: string | null;
  readonly correlationId: string;
  /** What is to be ended: sessions and statements by their tags, or those that a dry run of a rule has shown. */
  readonly what:
    | { readonly kills: readonly Demand[] }
    | { readonly rule: Readonly<Record<string, unknown>>; readonly limit: number | null; readonly digest: string };
}

/** What is put to people. */
interface Draft {
  readonly wanted: Wanted;
  readonly terms: ApprovalTerms;
  readonly about: string;
  readonly rows: readonly ChatRow[];
  /** The one session that it is about, where the principal may view it. */
  readonly only: { readonly session: Session; readonly rule: string | null; readonly kind: Demand['kind'] } | null;
}

const NO_PLACE = '`chat.approvals` in warden.yaml names no place yet where people could be asked.';

/**
 * Puts to people whether this may be ended, at the place of the configuration, and puts on record that it did. Who may
 * approve is for the access rule to say, else for any person who could end it themselves. Nothing is ended before.
 *
 * @throws AppError `approval-needed` where no place is configured, `tag-required`, what ending it would answer,
 * `too-many-requests`, `audit-unavailable`, `state-unavailable`
 */
export async function askApproval(services: Services, asked: AskedApproval): Promise<ApprovalView> {
  const { principal, target, reason, correlationId } = asked;
  const draft =
    'kills' in asked.what
      ? await draftKills(services, asked, asked.what.kills)
      : await draftRule(services, asked, asked.what);
  if (draft === null) return NOT_NEEDED(target);
  const place = services.config.chat.approvals;
  if (place === undefined) throw new AppError('approval-needed', { detail: NO_PLACE });
  await refuseTooManyQuestions(services, principal);
  const { questions } = await services.reaperChat();
  const { wanted, terms, about, only } = draft;
  const on = { services: { ...services, requests: questions.requests, now: Date.now } };
  const request = aRequest(
    on,
    { wanted, about, reason, requester: principal, approvers: terms.by },
    terms.withinSeconds,
  );
  const context = { principal, target, reason, correlationId, approvalRequest: request.id };
  const intent =
    only === null
      ? toBareIntent({ id: null, kind: 'reap' }, context)
      : toIntent(only.session, only.kind, { ...context, rule: only.rule, escalateAfter: null });
  const message = await askForApproval(on, request, intent, draft.rows);
  await questions.post({ id: request.id, place, correlationId, message });
  return viewOf((await questions.requests.get(request.id)) ?? request, Date.now());
}

const NOT_NEEDED = (target: string): ApprovalView => ({
  ...{
    target,
    id: null,
    state: 'not-needed',
    expiresAt: null,
    decidedBy: null,
    auditId: null,
    results: null,
    code: null,
  },
});

type Fit = Extract<Preview, { readonly session: Session }>;

/** `null` where none of them needs an approval. @throws AppError what the first that may not be ended would answer */
async function draftKills(
  services: Services,
  { principal, target, reason, correlationId }: AskedApproval,
  kills: readonly Demand[],
): Promise<Draft | null> {
  const context = { principal, target, reason, correlationId, escalateAfter: null };
  const tagged = kills.flatMap(({ id, kind, tag }) => (tag === null ? [] : [{ id, kind, tag }]));
  if (tagged.length < kills.length) {
    await recordAttempts(services.audit, context, kills, 'tag-required');
    throw new AppError('tag-required');
  }
  const previews = await previewKills(services, context, tagged, true);
  const fit = previews.map((preview, at): Fit => {
    const which = `kills[${at}]: session ${tagged[at]?.id}.`;
    if (preview.may === 'nothing-running') throw new AppError('tag-mismatch', { detail: which });
    if (preview.may !== 'not') return preview;
    const { code, detail } = preview.error;
    throw new AppError(code, {
      detail: [kills.length > 1 ? which : '', detail].filter(Boolean).join(' ') || undefined,
    });
  });
  const asking = fit.flatMap((one) => (one.may === 'ask' ? [one.terms] : []));
  const [terms] = asking;
  if (terms === undefined) return null;
  if (asking.some(({ by }) => !isSame(by, terms.by)))
    throw new AppError('request-invalid', {
      detail: 'kills: access rules name different approvers for them. Ask for each group by itself.',
    });
  const rows = fit.map((one, at) => rowOf(one, tagged[at]?.kind ?? 'connection'));
  const [first] = fit;
  const isOne = fit.length === 1 && first !== undefined;
  return {
    wanted: { do: 'kills', target, kills: tagged },
    terms,
    about: isOne
      ? [rows[0]?.head, rows[0]?.code].filter(Boolean).join(' · ')
      : `${counted(fit.length, 'session')} on ${target}`,
    rows: isOne ? [] : rows.slice(0, MAX_ROWS),
    only:
      isOne && first.isVisible
        ? { session: first.session, rule: first.rule, kind: tagged[0]?.kind ?? 'connection' }
        : null,
  };
}

const isSame = (a: Approvers, b: Approvers): boolean => JSON.stringify(a) === JSON.stringify(b);

const MAX_CODE = 300;

function rowOf({ session, isVisible }: Fit, kind: Demand['kind']): ChatRow {
  const what = kind === 'query' ? 'only its statement · ' : '';
  if (!isVisible)
    return { head: `${what}session ${session.id}, which the requester may not view`, code: null, button: null };
  const text = session.statement?.text;
  return { head: what + sessionInWords(session), code: text ? safeMask(text).slice(0, MAX_CODE) : null, button: null };
}

/** The same of those that a dry run has shown. @throws AppError `request-invalid`, where a limit holds them too */
async function draftRule(
  services: Services,
  { principal, target, reason, correlationId }: AskedApproval,
  { rule, limit, digest }: Extract<AskedApproval['what'], { readonly rule: unknown }>,
): Promise<Draft | null> {
  const { parseRule } = await import('../../reaper/policy-schema.ts');
  const { planShown } = await import('../../reaper/reap-by-rule.ts');
  const parsed = parseRule(rule);
  const { sessions, terms, held } = await planShown(services, {
    ...{ principal, target, reason, correlationId, limit, digest },
    rule: parsed,
  });
  if (terms === null) return null;
  if (held !== null) throw new AppError('request-invalid', { detail: `rule: nothing would be ended. Limit ${held}.` });
  const what = parsed.kill === 'query' ? 'statement' : 'session';
  return {
    wanted: { do: 'end', target, rule, limit, digest, count: sessions.length },
    terms,
    about: `${counted(sessions.length, what)} on ${target}: ${ruleInWords({ rule, limit })}`,
    rows: sessions
      .slice(0, MAX_ROWS)
      .map(({ session }) => ({ head: sessionInWords(session), code: null, button: null })),
    only: null,
  };
}
