import type { Session } from '../sessions/session.ts';
import type { Access, ApprovalTerms } from './access-rules.ts';
import { isMeant } from './access-rules.ts';
import { mayEnd } from './ownership-rule.ts';
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

/** True where a person whom the terms name, and who is certainly another one, has approved. */
export const isApproved = (
  { by }: ApprovalTerms,
  approval: { readonly requester: Principal; readonly approver: Principal } | undefined,
): boolean =>
  approval !== undefined && isMeant(by, approval.approver) && !maybeSamePerson(approval.requester, approval.approver);
