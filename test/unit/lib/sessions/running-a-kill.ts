import { AppError } from '../../../../lib/errors.ts';
import type { Principal } from '../../../../lib/privileges/principal.ts';
import { createServices } from '../../../../lib/services.ts';
import type { Demand } from '../../../../lib/sessions/kill/judge.ts';
import { kill } from '../../../../lib/sessions/kill/kill.ts';
import type { KillKind } from '../../../../lib/sessions/session.ts';
import { createUrlDirectory } from '../../../../lib/targets/database-url.ts';
import { memoryAuditStore } from '../../../support/memory-audit-store.ts';
import { operatorConfig } from '../../../support/operator-config.ts';
import { type Script, scriptedDatabase } from '../../../support/scripted-database.ts';
import { aSession, running } from '../reaper/a-session.ts';

export const OPERATOR = { source: 'jwt', subject: 'ops', groups: ['operator'], claims: {} } as const;
/** A session that runs a statement. */
export const victim = aSession({ command: 'Query', statement: running('SELECT 1') });
export const lost = new AppError('target-unreachable');

/** Kills, and tells what was answered, sent and recorded. */
export async function run(
  script: Script,
  kind: KillKind = 'connection',
  demands?: readonly Demand[],
  escalateAfter: number | null = null,
  principal: Principal = OPERATOR,
) {
  const audit = memoryAuditStore();
  const services = createServices(operatorConfig, createUrlDirectory(new Map()), audit);
  const { database, sent } = scriptedDatabase(script);
  const context = { principal, target: 'local', reason: null, correlationId: 'c', escalateAfter };
  const answers = await kill(services, database, context, demands ?? [{ id: victim.id, kind, tag: null }]);
  return { answers, answer: answers[0], sent, records: audit.records };
}
