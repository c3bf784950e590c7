import type { Intent } from '../audit/audit.ts';
import type { Principal } from '../privileges/principal.ts';
import { visibleIn } from '../visible.ts';
import { safeMask } from './mask-session.ts';
import type { KillKind, Session } from './session.ts';
import { identityStrength, sessionTag, statementTag } from './tags.ts';

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
  /** The reaper whose rule wants it; none where a person does. */
  readonly reaper?: string;
}

const MAX_STATEMENT = 1024;

/** The intent to end a session or its statement, as it goes on record: whoever prints it later need not fear what it holds. */
export function toIntent(session: Session, kind: KillKind, context: KillContext): Intent {
  const { statement } = session;
  return visibleIn<Intent>({
    target: context.target,
    principal: { source: context.principal.source, subject: context.principal.subject },
    kind,
    sessionId: session.id,
    sessionTag: sessionTag(session),
    statementTag: statement === null ? null : statementTag(session, statement),
    user: session.user,
    host: session.host,
    db: session.db,
    command: session.command,
    time: session.time,
    statement: !statement?.text ? null : safeMask(statement.text).slice(0, MAX_STATEMENT),
    identity: identityStrength(session, kind),
    reaper: context.reaper ?? null,
    reason: context.reason,
    correlationId: context.correlationId,
  });
}
