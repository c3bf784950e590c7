import type { AuditStore } from '../../../../lib/audit/audit.ts';
import type { KillingDatabase } from '../../../../lib/database/database.ts';
import { AppError } from '../../../../lib/errors.ts';
import { carryOut } from '../../../../lib/sessions/kill/carry-out.ts';
import { type KillContext, toIntent } from '../../../../lib/sessions/kill/intent.ts';
import type { Order } from '../../../../lib/sessions/kill/judge.ts';
import { memoryKillCounter } from '../../../../lib/sessions/kill/kill-limit.ts';
import type { KillResult } from '../../../../lib/sessions/kill/outcome.ts';
import type { KillKind } from '../../../../lib/sessions/session.ts';
import { memoryAuditStore } from '../../../support/memory-audit-store.ts';
import { operatorConfig } from '../../../support/operator-config.ts';
import { type Script, scriptedDatabase } from '../../../support/scripted-database.ts';
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

export const orders = (count: number, kind: 'connection' | 'query') =>
  Array.from({ length: count }, (_, index) => anOrder(index, kind));

type Door = Parameters<typeof carryOut>[0];

/** What the door asks, with a record that fails where a test says so; nothing is stopped, and nobody protected besides. */
export const doorWith = (over: Partial<AuditStore>): Door => ({
  audit: { ...memoryAuditStore(), ...over },
  config: operatorConfig,
  stopped: async () => false,
  killCounter: memoryKillCounter(),
});

const summary = (answer: KillResult | AppError | undefined) =>
  answer instanceof AppError ? answer.code : answer?.outcome;

/** Carries orders out, and tells in their order what became of them. */
export async function carriedOut(
  orders: readonly Order[],
  script: Script,
  over: Partial<KillingDatabase> = {},
  context = CONTEXT,
  door: Partial<Door> = {},
  exceptions?: Parameters<typeof carryOut>[4],
) {
  const { database, sent } = scriptedDatabase(script);
  const audit = memoryAuditStore();
  const services = { ...doorWith({}), audit, ...door };
  const answers = await carryOut(services, Object.assign(database, over), context, orders, exceptions);
  return {
    answers: orders.map(({ index }) => answers.get(index)),
    outcomes: orders.map(({ index }) => summary(answers.get(index))),
    batches: sent.map(({ victims, kind }) => [kind, victims.length]),
    records: audit.records,
  };
}
