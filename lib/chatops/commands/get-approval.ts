import { AppError, type ErrorCode } from '../../errors.ts';
import { mayUseTarget } from '../../privileges/access-rules.ts';
import type { Principal } from '../../privileges/principal.ts';
import type { Services } from '../../services.ts';
import type { ChatRequest, RequestResult, RequestStore } from '../../state/request-store.ts';

/** What there is to say of an approval to who asked for it. */
export interface ApprovalView {
  readonly target: string;
  /** `null` where none is needed. */
  readonly id: string | null;
  readonly state: 'not-needed' | 'open' | 'approved' | 'denied' | 'expired';
  /** ISO 8601 in UTC. */
  readonly expiresAt: string | null;
  /** Whose decision it was. */
  readonly decidedBy: string | null;
  /** The record of the question. */
  readonly auditId: string | null;
  /** What became of each once it was approved; `null` while that is not known, which it may stay: the record says it then. */
  readonly results: readonly RequestResult[] | null;
  /** Why it failed as a whole, though it was approved. */
  readonly code: ErrorCode | null;
}

/**
 * What became of a question, for who asked it and no one else.
 *
 * @throws AppError `approval-not-found` alike for one that there is not and for another's
 */
export async function getApproval(
  { config, reaperChat }: ApprovalServices,
  { principal, target, id }: { readonly principal: Principal; readonly target: string; readonly id: string },
): Promise<ApprovalView> {
  const { questions } = await reaperChat();
  const request = await questions.requests.get(id);
  const isOwn =
    request?.requester?.source === principal.source &&
    request.requester.subject === principal.subject &&
    request.wanted.target === target &&
    mayUseTarget(config.access, principal, target);
  if (request === undefined || !isOwn) throw new AppError('approval-not-found');
  return viewOf(request, Date.now());
}

/** What looking at a question needs. */
export interface ApprovalServices extends Pick<Services, 'config'> {
  readonly reaperChat: () => Promise<{ readonly questions: { readonly requests: Pick<RequestStore, 'get'> } }>;
}

/** A request as its requester sees it. @param now - milliseconds since the epoch */
export function viewOf(
  { id, wanted, state, expiresAt, decidedBy, auditId, end }: ChatRequest,
  now: number,
): ApprovalView {
  return {
    target: wanted.target,
    id,
    state: state === 'open' && expiresAt <= now ? 'expired' : state,
    expiresAt: new Date(expiresAt).toISOString(),
    decidedBy,
    auditId,
    results: end?.results ?? null,
    code: end?.code ?? null,
  };
}
