import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { KillReply } from '../../../../../lib/database/database.ts';
import { AppError } from '../../../../../lib/errors.ts';
import { escalate } from '../../../../../lib/sessions/kill/carry-out.ts';
import type { Finding } from '../../../../../lib/sessions/kill/finding.ts';
import type { Order } from '../../../../../lib/sessions/kill/judge.ts';
import type { Session } from '../../../../../lib/sessions/session.ts';
import { memoryAuditStore } from '../../../../support/memory-audit-store.ts';
import { scriptedDatabase } from '../../../../support/scripted-database.ts';
import { anOrder } from '../an-order.ts';

vi.mock('node:timers/promises', () => ({ setTimeout: vi.fn(async () => {}) }));
beforeEach(() => {
  vi.mocked(sleep).mockClear();
});

const PENDING = { outcome: 'pending', proven: false } as const;

async function escalated(
  found: readonly (readonly [Order, Finding | undefined])[],
  replies: readonly KillReply[] = ['sent'],
  { after = 1, audit = memoryAuditStore(), look = [] as readonly Session[] } = {},
) {
  const { database, sent } = scriptedDatabase({ looks: [look], replies });
  const findings = new Map<Order, Finding>();
  for (const [order, finding] of found) if (finding !== undefined) findings.set(order, finding);
  await escalate(
    audit,
    (victims, kind) => database.compareAndKill(victims, kind),
    database,
    after,
    new Map(found.map(([order], place) => [order, performance.now() - 100 * place])),
    findings,
    ({ index }) => `record-${index}`,
  );
  return { sent, records: audit.records, findings: found.map(([order]) => findings.get(order)) };
}

describe('a statement that outlives its KILL QUERY', () => {
  it('costs its session, compared by that statement, with a record of its own', async () => {
    const order = anOrder(0, 'query');
    const { sent, records, findings } = await escalated([[order, PENDING]]);
    expect(sent).toEqual([{ victims: [order.victim], kind: 'connection' }]);
    expect(findings).toEqual([{ outcome: 'terminated', proven: true }]);
    expect(records).toMatchObject([
      {
        kind: 'connection',
        sessionId: '40',
        reason: 'why',
        escalates: 'record-0',
        outcome: 'terminated',
        proven: true,
        detail: 'escalated',
      },
    ]);
  });

  it('keeps what was found before where our account may not end the session', async () => {
    const orders = [anOrder(0, 'query'), anOrder(1, 'query')];
    const { records, findings } = await escalated(
      orders.map((order) => [order, PENDING]),
      ['denied'],
    );
    expect(findings).toEqual([PENDING, PENDING]);
    const failed = { outcome: 'failed', proven: false, detail: 'target-privilege-missing' };
    expect(records).toMatchObject([failed, failed]);
  });

  it('that was gone just before ended no one', async () => {
    const { records, findings } = await escalated([[anOrder(0, 'query'), PENDING]], ['gone']);
    expect(findings).toEqual([{ outcome: 'already-gone', proven: false }]);
    expect(records).toMatchObject([{ outcome: 'already-gone', proven: false, detail: 'escalated' }]);
  });

  it('that ended just before left its session, which is another victim now', async () => {
    const { records, findings } = await escalated([[anOrder(0, 'query'), PENDING]], ['no-match']);
    expect(findings).toEqual([{ outcome: 'query-cancelled', proven: false }]);
    expect(records).toMatchObject([{ outcome: 'changed', proven: false, detail: 'escalated' }]);
  });

  it('that was only shown in part when it was compared is still pending', async () => {
    const order = anOrder(0, 'query');
    const { session } = order.victim;
    const inPart = { ...session, command: 'Busy', statement: null, readInPart: true } as const;
    const { records, findings } = await escalated([[order, PENDING]], ['no-match'], { look: [inPart] });
    expect(findings).toEqual([PENDING]);
    expect(records).toMatchObject([{ outcome: 'changed', proven: false, detail: 'escalated' }]);
  });

  it('is left, with all after it, once a record cannot be made', async () => {
    let begun = 0;
    const begin = () => {
      begun += 1;
      return Promise.reject(new AppError('audit-unavailable'));
    };
    const audit = { ...memoryAuditStore(), begin };
    const orders = [anOrder(0, 'query'), anOrder(1, 'query')];
    const { sent, findings } = await escalated(
      orders.map((order) => [order, PENDING]),
      ['sent'],
      { audit },
    );
    expect([begun, sent, findings]).toEqual([1, [], [PENDING, PENDING]]);
  });
});

describe('an escalation', () => {
  it('waits for what is left of its seconds since each KILL QUERY', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(7_000);
    const orders = [0, 1, 2].map((index) => [anOrder(index, 'query'), PENDING] as const);
    await escalated(orders, ['gone'], { after: 5 });
    await escalated(orders.slice(1, 2), ['gone'], { after: 0 });
    clock.mockRestore();
    expect(vi.mocked(sleep).mock.calls).toEqual([[5_000], [4_900], [4_800], [0]]);
  });

  it('is of those alone that are pending', async () => {
    const found = [
      [anOrder(1, 'query'), { outcome: 'query-cancelled', proven: true }],
      [anOrder(2, 'query'), new AppError('target-timeout')],
      [anOrder(3, 'query'), undefined],
    ] as const;
    const { sent, records, findings } = await escalated(found);
    expect([sent, records]).toEqual([[], []]);
    expect(findings).toEqual(found.map(([, finding]) => finding));
    expect(sleep).not.toHaveBeenCalled();
  });
});
