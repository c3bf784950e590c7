import { type Intent, type Named, NO_FACTS, type RecordKind, type SessionFacts } from '../../audit/audit.ts';
import type { Principal } from '../../privileges/principal.ts';
import { NO_CALLER } from '../../privileges/principal.ts';
import { safeMask } from '../masking/mask-statement.ts';
import { visibleIn } from '../masking/visible.ts';
import type { KillKind, Session, SessionId } from '../session.ts';
import { identityStrength, sessionTag, statementTag } from '../tags.ts';
import type { IdentityStrength } from './outcome.ts';

/** What all kills of one call share. */
export interface KillContext {
  readonly principal: Principal;
  readonly target: string;
  readonly reason: string | null;
  readonly correlationId: string;
  /** Seconds after which a statement that still runs costs it its session; `null`: never. */
  readonly escalateAfter: number | null;
  /** Who has approved it, where an access rule asks for a second person. */
  readonly approver?: Principal;
  /** The request that was approved, or is put to those who may. */
  readonly approvalRequest?: string;
  /** The access rule that lets it happen. */
  readonly rule?: string | null;
  /** The reaper whose rule wants it; none where a person does. */
  readonly reaper?: string;
}

const MAX_STATEMENT = 1024;

/** An intent with all that its session's row says. */
export type KillIntent = Intent & {
  readonly kind: KillKind;
  readonly sessionId: SessionId;
  readonly identity: IdentityStrength;
};

/** The intent to end a session or its statement, as it goes on record: it is safe to print. */
export const toIntent = (session: Session, kind: KillKind, context: KillContext): KillIntent => ({
  ...toBareIntent({ id: session.id, kind }, context),
  ...visibleIn(factsOf(session, kind)),
  kind,
  sessionId: session.id,
});

/** What a caller asked for, and nothing of a session: it may not be viewed, was not even read, or is none in particular. */
export const toBareIntent = (
  { id, kind }: { readonly id: SessionId | null; readonly kind: RecordKind },
  context: Omit<KillContext, 'escalateAfter'>,
): Intent =>
  visibleIn<Intent>({
    ...NO_FACTS,
    target: context.target,
    principal: named(context.principal),
    caller: context.principal.caller ?? NO_CALLER,
    agent: context.principal.agent ?? null,
    approver: context.approver === undefined ? null : named(context.approver),
    approvalRequest: context.approvalRequest ?? null,
    rule: context.rule ?? null,
    kind,
    sessionId: id,
    reaper: context.reaper ?? null,
    reason: context.reason,
    escalates: null,
    filter: null,
    count: null,
    correlationId: context.correlationId,
  });

/** A principal as the record names it. */
export const named = ({ source, subject }: Principal): Named => ({ source, subject });

function factsOf(session: Session, kind: KillKind): SessionFacts & Pick<KillIntent, 'identity'> {
  const { statement } = session;
  return {
    sessionTag: sessionTag(session),
    statementTag: statement === null ? null : statementTag(session, statement),
    user: session.user,
    host: session.host,
    db: session.db,
    command: session.command,
    time: session.time,
    statement: !statement?.text ? null : safeMask(statement.text).slice(0, MAX_STATEMENT),
    identity: identityStrength(session, kind),
  };
}
