import type { Session } from '../sessions/session.ts';
import { type Access, type ApprovalTerms, type Approvers, isMeant, mayEnd } from './access-rules.ts';
import type { Principal } from './principal.ts';

/**
 * What must be approved before the session may be ended; empty where some rule gives it freely. Where several rules give
 * it with approval, the first counts.
 */
export function termsOfApproval(access: Access, session: Pick<Session, 'user'>): readonly ApprovalTerms[] {
  const { approvals = [], withoutApproval } = access;
  if (withoutApproval !== undefined && mayEnd({ ...access, ...withoutApproval }, session)) return [];
  return approvals
    .filter((terms) => mayEnd({ ...access, super: terms.super, users: terms.users }, session))
    .slice(0, 1);
}

/** The rule that allows ending the session, as the record names it: one that needs no approval goes first. `null` where none does. */
export function ruleThatLets(access: Access, session: Pick<Session, 'user'>): string | null {
  const grants = (access.grants ?? []).toSorted((a, b) => Number(a.needsApproval) - Number(b.needsApproval));
  return grants.find(({ super: all, users }) => mayEnd({ ...access, super: all, users }, session))?.rule ?? null;
}

/**
 * True where two principals are, or may be, one person: the same subject or email, or one of them a chat identity that
 * the configuration does not map to a person. One person may have two chats.
 */
export function maybeSamePerson(a: Principal, b: Principal): boolean {
  if (!isKnownPerson(a) || !isKnownPerson(b)) return true;
  const names = ({ subject, claims }: Principal) =>
    // Stryker disable next-line MethodExpression: in upper case the same names are the same
    [subject, claims['email']].flatMap((name) => (name === undefined ? [] : [name.toLowerCase()]));
  return names(a).some((name) => names(b).includes(name));
}

const isKnownPerson = ({ chat }: Principal): boolean => chat === undefined || chat.isMapped;

/** Who asked, who has approved it, and what the approver has on the target themselves. */
export interface Approval {
  readonly requester: Principal;
  readonly approver: Principal;
  readonly access: Access;
}

/** True for a person, known by name, whom the terms mean: no program, and no chat identity without a person. */
const mayDecide = (by: Approvers, approver: Principal): boolean =>
  approver.agent === undefined && isKnownPerson(approver) && (by === 'able' || isMeant(by, approver));

/**
 * True where a person has approved whom the terms name, and who is certainly another one; or, of terms for the `able`, a
 * person who could end this very session without asking anyone. They may be the one for whom an agent asks.
 */
export function isApproved(
  { by }: Pick<ApprovalTerms, 'by'>,
  approval: Approval | undefined,
  session: Pick<Session, 'user'>,
): boolean {
  if (approval === undefined || !mayDecide(by, approval.approver)) return false;
  return by === 'able' ? endsAlone(approval.access, session) : !maybeSamePerson(approval.requester, approval.approver);
}

/** True where these privileges end the session without an approval. */
const endsAlone = (access: Access, session: Pick<Session, 'user'>): boolean =>
  mayEnd(access, session) && termsOfApproval(access, session).length === 0;

/** What an agent's call must have approved where no access rule has terms of its own. */
const OF_AGENTS: ApprovalTerms = { super: true, users: [], by: 'able', withinSeconds: 600 };

/**
 * The approval that is still missing to end the session; `undefined` where none is. An access rule's terms go before those
 * for agents, and satisfy both.
 */
export function missingApproval(
  access: Access,
  session: Pick<Session, 'user'>,
  { needsPerson, approval }: { readonly needsPerson: boolean; readonly approval?: Approval | undefined },
): ApprovalTerms | undefined {
  const terms = termsOfApproval(access, session)[0] ?? (needsPerson ? OF_AGENTS : undefined);
  return terms === undefined || isApproved(terms, approval, session) ? undefined : terms;
}
