import { describe, expect, it } from 'vitest';
import { type BlockerNode, listBlockers } from '../../../../lib/sessions/blockers.ts';
import type { LockWait } from '../../../../lib/sessions/lock-wait.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';
import { aSession, aWait, running } from '../reaper/a-session.ts';

describe('the list of blockers', () => {
  const CONFIG = `access:
  - { who: { sub: ops }, targets: ['*'], privileges: [PROCESS], statements: full }
  - { who: { sub: ann }, targets: ['*'], users: [ann] }
`;
  const sessions = [aSession({ id: '11' }), aSession({ id: '12', user: 'ann', statement: running("SELECT 'x'") })];
  const waits = [aWait('12', '11', 1), aWait('13', '11', 1), aWait('22', '21', 1)];
  const seen = ({ id, session, waiters }: BlockerNode): unknown => [id, session?.user ?? null, ...waiters.map(seen)];

  async function listed(sub: string, lockWaits: readonly LockWait[] | null = waits) {
    const { services, database } = scriptedServices(CONFIG, { looks: [sessions] });
    const asked: unknown[] = [];
    database.lockWaits = async () => lockWaits;
    database.list = async (ids) => {
      asked.push(ids);
      return sessions;
    };
    const principal = { source: 'jwt', subject: sub, groups: [], claims: { sub } } as const;
    const { blockers } = await listBlockers(services, { principal, target: 'local' });
    return { blockers, asked };
  }

  it('shows each session to one who may view all, and of a session that is gone its ID', async () => {
    const { blockers, asked } = await listed('ops');
    expect(asked).toEqual([['12', '11', '13', '22', '21']]);
    expect(blockers.map(seen)).toEqual([
      ['11', 'app', ['12', 'ann'], ['13', null]],
      ['21', null, ['22', null]],
    ]);
    expect(blockers[0]?.waiters[0]?.session?.statement).toMatchObject({ text: 'SELECT ?', masked: true });
  });

  it('shows others only the trees in which they may view someone', async () => {
    const { blockers } = await listed('ann');
    expect(blockers.map(seen)).toEqual([[null, null, ['12', 'ann'], [null, null]]]);
    const reason = 'It is a session that you may not view.';
    expect(blockers).toMatchObject([{ reason, holdsUp: 2, waiters: [{ reason: null }, { reason, waitedFor: 1 }] }]);
  });

  const reason = 'Nobody knows.';
  const unknown = [
    aWait('12', null, 5, { reason }),
    aWait('11', null, 4, { reason: 'XA', xa: ["'x'"] }),
    aWait('12', '31', 5, { reason, likely: true }),
    aWait('12', '11', 5, { reason, likely: true }),
  ];

  it('tells of a lock whose holder is no session, or not known, that someone waits for it', async () => {
    const { blockers } = await listed('ops', unknown);
    expect(blockers.map(({ id, likely, reason: why, xa, holdsUp }) => [id, likely, why, xa, holdsUp])).toEqual([
      [null, false, 'XA', ["'x'"], 2],
      [null, false, reason, [], 1],
      ['31', true, reason, [], 1],
    ]);
  });

  it('tells those who may not view all neither who may hold a lock nor which transaction does', async () => {
    const { blockers } = await listed('ann', unknown);
    expect(blockers.map(({ id, likely, xa, waiters }) => [id, likely, xa, waiters.map((one) => one.id)])).toEqual([
      [null, false, [], ['12']],
    ]);
  });

  it('is an error where the server does not tell, since an empty list would be a false answer', async () => {
    await expect(listed('ops', null)).rejects.toMatchObject({ code: 'target-failed' });
  });
});
