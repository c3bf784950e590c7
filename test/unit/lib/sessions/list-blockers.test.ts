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

  it('shows each session of a tree to one who may view it, and of a session that is gone its ID', async () => {
    const { blockers, asked } = await listed('ops');
    expect(asked).toEqual([['12', '11', '13', '22', '21']]);
    expect(blockers.map(seen)).toEqual([['11', 'app', ['12', 'ann'], ['13', null]]]);
    expect(blockers[0]?.waiters[0]?.session?.statement).toMatchObject({ text: 'SELECT ?', masked: true });
  });

  it('shows others only the trees in which they may view somebody', async () => {
    expect((await listed('ann')).blockers.map(seen)).toEqual([['11', null, ['12', 'ann'], ['13', null]]]);
  });

  it('is an error where the server does not tell, since nobody would be a false answer', async () => {
    await expect(listed('ops', null)).rejects.toMatchObject({ code: 'target-failed' });
  });
});
