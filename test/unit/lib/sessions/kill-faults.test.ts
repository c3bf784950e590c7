import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { createServices } from '../../../../lib/services.ts';
import { kill } from '../../../../lib/sessions/kill/kill.ts';
import { settle } from '../../../../lib/sessions/kill/settle.ts';
import type { Session } from '../../../../lib/sessions/session.ts';
import { createUrlDirectory } from '../../../../lib/targets/database-url.ts';
import { memoryAuditStore } from '../../../support/memory-audit-store.ts';
import { operatorConfig } from '../../../support/operator-config.ts';
import { type Script, scriptedDatabase } from '../../../support/scripted-database.ts';
import { aSession } from '../reaper/a-session.ts';

const [first, second] = [aSession({ id: '42' }), aSession({ id: '43' })];
const lost = new AppError('target-timeout');
const context = {
  principal: { source: 'jwt', subject: 'ops', groups: ['operator'], claims: {} },
  target: 'local',
  reason: null,
  correlationId: 'c',
  escalateAfter: null,
} as const;

const killBoth = (script: Script) => killAll([first, second], script);

async function killAll(sessions: readonly Session[], script: Script) {
  const audit = memoryAuditStore();
  const services = createServices(operatorConfig, createUrlDirectory(new Map()), audit);
  const demands = sessions.map(({ id }) => ({ id, kind: 'connection' as const, tag: null }));
  return { answers: await kill(services, scriptedDatabase(script).database, context, demands), ...audit };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a kill that is broken', () => {
  it('loses no one who was ended, where the look at another one of the packet fails', async () => {
    const { answers, records } = await killBoth({ looks: [[first, second], lost, []], replies: ['no-match', 'sent'] });

    expect(answers).toMatchObject([{ code: 'target-timeout' }, { outcome: 'terminated' }]);
    expect(records).toMatchObject([{ outcome: null }, { outcome: 'terminated' }]);
  });

  it('says that it may have happened, wherever that is not known', async () => {
    const { answers } = await killBoth({ looks: [[first, second]], replies: new AppError('target-unreachable') });

    expect(answers).toMatchObject([
      { code: 'target-unreachable', detail: expect.stringContaining('may have been carried out') },
      { code: 'target-unreachable', detail: expect.stringContaining('may have been carried out') },
    ]);
  });

  it('says of those that were not sent any more that they were not', async () => {
    const many = Array.from({ length: 60 }, (_, n) => aSession({ id: String(n + 100) }));
    const { answers, records } = await killAll(many, { looks: [many], replies: lost });

    expect(records.map(({ outcome }) => outcome)).toEqual([...Array(50).fill(null), ...Array(10).fill('failed')]);
    expect(answers.slice(50)).toEqual(
      Array(10).fill(expect.objectContaining({ code: 'target-timeout', detail: expect.stringContaining('Nothing') })),
    );
  });

  it('says nothing of the kind of one that the server refused', async () => {
    const { answers } = await killBoth({ looks: [[first, second], []], replies: ['denied', 'sent'] });

    expect(answers).toMatchObject([{ code: 'target-privilege-missing', detail: undefined }, { outcome: 'terminated' }]);
  });
});

describe('looking for the end of a kill', () => {
  it.each([-86_400_000, 86_400_000])('ends in its time though the clock is set by %i ms meanwhile', async (jump) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { database } = scriptedDatabase({ looks: [[first]] });
    const find = database.find;
    let looks = 0;
    database.find = (ids) => {
      if (++looks === 2) vi.setSystemTime(Date.now() + jump);
      return find(ids);
    };

    const settled = await settle(database, [{ session: first, compareStatement: false }], 'connection', 300);

    expect(settled).toEqual([{ outcome: 'pending', proven: false }]);
    expect(looks).toBeGreaterThan(2);
  });
});
