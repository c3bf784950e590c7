import type { Order } from '../../../../lib/sessions/carry-out.ts';
import { type KillContext, toIntent } from '../../../../lib/sessions/intent.ts';
import type { KillKind } from '../../../../lib/sessions/session.ts';
import { aSession, running } from '../reaper/a-session.ts';

export const CONTEXT: KillContext = {
  principal: { source: 'jwt', subject: 'ops', groups: [], claims: {} },
  target: 'local',
  reason: 'why',
  correlationId: 'c',
  escalateAfter: null,
};

/** A session that runs a statement. */
export const busy = (id: string) => aSession({ id, command: 'Query', statement: running('SELECT 1') });

/** A demand that was judged fit. */
export function anOrder(index: number, kind: KillKind, tag: string | null = null, context = CONTEXT): Order {
  const session = busy(String(index + 40));
  return {
    index,
    demand: { id: session.id, kind, tag },
    victim: { session, compareStatement: kind === 'query' },
    intent: toIntent(session, kind, context),
  };
}
