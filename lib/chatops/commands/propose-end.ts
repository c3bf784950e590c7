import type { Principal } from '../../privileges/principal.ts';
import { undecidableInWords } from '../../reaper/asked.ts';
import type { RulePlan } from '../../reaper/reap-by-rule.ts';
import type { ReapReport } from '../../reaper/report.ts';
import { toBareIntent } from '../../sessions/kill/intent.ts';
import { hasEnded } from '../../sessions/kill/outcome.ts';
import type { ChatRequest, RequestResult, Wanted } from '../../state/request-store.ts';
import { anAnswer, type ChatAnswer, MAX_ROWS } from '../messages/answer.ts';
import { becameInWords, counted, sessionInWords } from '../messages/in-words.ts';
import { aRequest, buttonFor } from './buttons.ts';
import type { EndByRule } from './command.ts';
import type { CommandCall } from './ports.ts';
import { askForApproval } from './propose-kill.ts';

type EndWanted = Extract<Wanted, { readonly do: 'end' }>;

/** Rules and their patterns are read by code that other commands do not need. */
const lately = async () => ({
  ...(await import('../../reaper/policy-schema.ts')),
  ...(await import('../../reaper/reap-by-rule.ts')),
});

const namesAndValues = (fields: Readonly<Record<string, unknown>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');

/** A rule as a person typed it. */
export const ruleInWords = ({ rule: { match, ...rest }, limit }: Pick<EndByRule, 'rule' | 'limit'>): string =>
  [
    namesAndValues(typeof match === 'object' && match !== null ? { ...match } : {}),
    namesAndValues(rest),
    limit === null ? '' : `limit=${limit}`,
  ]
    .filter(Boolean)
    .join(' ');

/**
 * Shows the sessions that conditions choose now, and asks before it ends exactly these: the caller, or those who must
 * approve.
 */
export async function proposeEnd(
  call: CommandCall,
  { target, ...asked }: { readonly target: string } & EndByRule,
  isMachine: boolean,
): Promise<ChatAnswer> {
  const { services, principal, requestId: correlationId } = call;
  const { rule, limit, reason } = asked;
  const { parseRule, planByRule } = await lately();
  const request = { principal, target, rule: parseRule(rule), limit, reason, correlationId };
  const { report, toApprove } = await planByRule(services, request);
  const what = ruleInWords(asked);
  const unknown = report.undecidable.map(undecidableInWords);
  const { victims, held, digest } = report;
  if (held !== null)
    return anAnswer(`Nothing would be ended on ${target}`, { lines: [what, `Limit ${held}.`, ...unknown] });
  const wanted = { do: 'end', target, rule, limit } as const;
  if (victims.length === 0 && toApprove.length > 0) {
    const [{ terms }] = toApprove as [RulePlan['toApprove'][number]];
    const about = `${counted(toApprove.length, 'session')} on ${target}: ${what}`;
    const asking = { ...wanted, digest: report.approval?.digest ?? null, count: toApprove.length };
    const own = aRequest(
      call,
      { wanted: asking, about, reason, requester: principal, approvers: terms.by },
      terms.withinSeconds,
    );
    const context = { principal, target, reason, correlationId, approvalRequest: own.id };
    return askForApproval(call, own, toBareIntent({ id: null, kind: 'reap' }, context));
  }
  const alsoAsk =
    toApprove.length === 0
      ? []
      : [`${counted(toApprove.length, 'session')} more need the approval of a second person.`];
  if (victims.length === 0)
    return anAnswer(`No session on ${target} that you may end matches`, { lines: [what, ...unknown] });
  const about = `${counted(victims.length, 'session')} on ${target}: ${what}`;
  // A machine cannot press a button, and what it was shown is not what another may end: the person who presses sees their own.
  const shown = isMachine ? null : digest;
  const own = aRequest(call, {
    wanted: { ...wanted, digest: shown, count: victims.length },
    about,
    reason,
    requester: isMachine ? null : principal,
  });
  await services.requests.putAll([own]);
  const label = `${report.kill === 'query' ? 'Cancel' : 'End'} ${victims.length === 1 ? 'this one' : `these ${victims.length}`}`;
  return anAnswer(`${counted(victims.length, 'session')} would be ended on ${target}`, {
    lines: [
      what,
      'Nothing has been ended yet.',
      ...alsoAsk,
      ...unknown,
      ...(victims.length > MAX_ROWS ? [`The first ${MAX_ROWS}:`] : []),
    ],
    // The conditions stand above, and are the same for each.
    rows: victims.slice(0, MAX_ROWS).map((session) => ({ head: sessionInWords(session), code: null, button: null })),
    buttons: isMachine
      ? [buttonFor(own, 'ask', label, { danger: true })]
      : [buttonFor(own, 'confirm', label, { danger: true }), buttonFor(own, 'deny', 'No')],
    audience: isMachine ? 'all' : 'caller',
  });
}

/** Ends those that were shown, in the requester's name. */
export async function endShown(
  { services, requestId: correlationId }: CommandCall,
  { id, reason }: Pick<ChatRequest, 'id' | 'reason'>,
  { target, rule, limit, digest, count }: EndWanted,
  principal: Principal,
  approver: Principal | null,
): Promise<{ readonly title: string; readonly lines: readonly string[]; readonly results: readonly RequestResult[] }> {
  const { parseRule, endByRule } = await lately();
  const request = { principal, target, rule: parseRule(rule), limit, reason, correlationId, digest: digest ?? '' };
  const report = await endByRule(services, approver === null ? request : { ...request, approver, approvalRequest: id });
  const { kill: kind, victims } = report;
  const results = victims.map(({ id: of, outcome, proven, auditId, code }) => ({
    ...{ id: of, kind, outcome, proven, auditId, code },
  }));
  return { ...endInWords(report, count), results };
}

/** True where some of those that were shown may be ended once this person approves it. */
export async function mayEndShown(
  { services, requestId: correlationId }: CommandCall,
  { target, rule, limit, digest }: EndWanted,
  requester: Principal,
  approver: Principal,
): Promise<boolean> {
  const { parseRule, planShown } = await lately();
  const request = { principal: requester, target, rule: parseRule(rule), limit, reason: null, correlationId };
  const { sessions, terms } = await planShown(services, { ...request, digest: digest ?? '', approver });
  return sessions.length > 0 && terms === null;
}

/** What became of those that were shown. */
function endInWords({ victims, held }: ReapReport<null>, shown: number) {
  if (held !== null) return { title: 'Nothing was ended', lines: [`Limit ${held}.`] };
  const ended = victims.filter(({ outcome }) => hasEnded(outcome)).length;
  const others = Map.groupBy(
    victims.filter(({ outcome }) => !hasEnded(outcome)),
    becameInWords,
  );
  const spared = shown - victims.length;
  return {
    title: `${ended} of ${counted(shown, 'session')} ended`,
    lines: [
      ...[...others].map(([what, some]) => `${some.length}: ${what}`),
      ...(spared > 0 ? [`${spared}: changed or ended by itself since it was shown. Nothing was ended.`] : []),
    ],
  };
}

const MAX_VICTIMS = 1_000;

/** A reaper's rule as a dry run: its victims, and a button that ends exactly these. */
export async function proposeReap(
  call: CommandCall,
  { target, rule }: { readonly target: string; readonly rule: string },
  isMachine: boolean,
): Promise<ChatAnswer> {
  const { services, principal } = call;
  if (services.reapNow === undefined) return anAnswer('reap is not available in this installation');
  const { victims, undecidable } = await services.reapNow.plan({ principal, target, rule });
  const unknown = undecidable.map(undecidableInWords);
  if (victims.length === 0) return anAnswer(`${rule} would end no sessions on ${target} now`, { lines: unknown });
  const shown = victims.slice(0, MAX_VICTIMS).map(({ session: { id, tag } }) => ({ id, tag }));
  const about = `${counted(shown.length, 'session')} on ${target} by the rule ${rule}`;
  const wanted = { do: 'reap', target, rule, victims: shown } as const;
  const request = aRequest(call, { wanted, about, requester: isMachine ? null : principal });
  await services.requests.putAll([request]);
  const toEnd = victims.filter(({ isWarned }) => !isWarned).length;
  const label = toEnd > 0 ? `End these ${toEnd}` : `Warn of these ${shown.length}`;
  const warned = victims.length - toEnd;
  return anAnswer(`${rule} would end ${counted(toEnd, 'session')} on ${target}`, {
    lines: [
      'Nothing has been ended yet.',
      ...(warned === 0 ? [] : [`Would be warned first, or are kept: ${warned}.`]),
      ...unknown,
      ...(victims.length > MAX_ROWS ? [`The first ${MAX_ROWS}:`] : []),
    ],
    rows: victims.slice(0, MAX_ROWS).map(({ session, why, isWarned }) => ({
      head: `${isWarned ? 'warned first · ' : ''}${sessionInWords(session)} · ${why}`,
      code: null,
      button: null,
    })),
    buttons: [
      buttonFor(request, 'confirm', label, { danger: true, confirm: `${label}: ${about}?` }),
      buttonFor(request, 'deny', 'No'),
    ],
  });
}
