import { describe, expect, it } from 'vitest';
import type { Facts, Snapshot } from '../../../../lib/reaper/facts.ts';
import { unmetOf } from '../../../../lib/reaper/when.ts';
import { aReaper, aSession, aSnapshot, aWait, factsOn } from './a-session.ts';

describe('what keeps a class from being acted on', () => {
  const snapshot = (over: Partial<Snapshot> = {}) => aSnapshot([aSession({ id: '1' }), aSession({ id: '2' })], over);
  const unmet = (
    when: Record<string, unknown>,
    members: readonly Facts[] = [factsOn()],
    over: Partial<Snapshot> = {},
  ) => unmetOf(aReaper({ when }).when, members, snapshot(over));

  it('is told with its figures', () => {
    expect(unmet({})).toBeNull();
    expect(unmet({ count: 1 })).toBeNull();
    expect(unmet({ count: 2 })).toBe('count: 1, wanted 2 or more');
    expect(unmet({ eachBusy: '699s' }, [factsOn(), factsOn()])).toBeNull();
    expect(unmet({ eachBusy: '700s' }, [factsOn(), factsOn({ time: 900 })])).toBe(
      'eachBusy: not each one is in its command for more than 11m 40s',
    );
    expect(unmet({ eachBusy: '0s' }, [factsOn({ time: null })])).toMatch(/^eachBusy/);
    expect(unmet({ anyBusy: '700s' }, [factsOn(), factsOn({ time: 701 })])).toBeNull();
    expect(unmet({ anyBusy: '700s' }, [factsOn()])).toBe('anyBusy: none is in its command for more than 11m 40s');
    expect(unmet({ anyBusy: '0s' }, [factsOn({ time: null })])).toMatch(/^anyBusy/);
    expect(unmet({ connectionsUsed: '50%' }, [factsOn()], { maxConnections: 4 })).toBeNull();
    expect(unmet({ connectionsUsed: '66.7%' }, [factsOn()], { maxConnections: 3 })).toBe(
      'connectionsUsed: 66.67%, wanted 66.7% or more',
    );
    expect(unmet({ connectionsUsed: '1%' })).toBe('connectionsUsed: unknown, wanted 1% or more');
    const nobody = aSnapshot([], { maxConnections: 4 });
    expect(unmetOf(aReaper({ when: { connectionsUsed: '1%' } }).when, [], nobody)).toBe(
      'connectionsUsed: 0%, wanted 1% or more',
    );
    for (const waits of [null, []])
      expect(unmet({ blocking: true }, [factsOn()], { waits })).toBe('blocking: no session waits for a lock');
    expect(unmet({ blocking: true }, [factsOn()], { waits: [aWait('1', '2', null)] })).toBeNull();
    for (const waits of [null, [], [aWait('1', '2', null)]])
      expect(unmet({ blockedFor: '0s' }, [factsOn()], { waits })).toBe('blockedFor: no session, wanted 0s or more');
    expect(unmet({ blockedFor: '0s' }, [factsOn()], { waits: [aWait('1', '2', 0)] })).toBeNull();
    expect(unmet({ blockedFor: '1s' }, [factsOn()], { waits: [aWait('1', '2', 0)] })).toBe(
      'blockedFor: 0s, wanted 1s or more',
    );
    expect(unmet({ blockedFor: '9s' }, [factsOn()], { waits: [aWait('1', '2', 3), aWait('2', '1', 8)] })).toBe(
      'blockedFor: 8s, wanted 9s or more',
    );
  });
});
