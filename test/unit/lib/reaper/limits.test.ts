import { describe, expect, it } from 'vitest';
import { heldBy } from '../../../../lib/reaper/limits.ts';
import { reap } from '../../../../lib/reaper/reap.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';
import { aReaper, aSession } from './a-session.ts';

describe('what keeps a run from ending anybody', () => {
  it('is a limit where too many would go', () => {
    const reaper = (limits: Record<string, unknown>) => aReaper({ limits });
    expect(heldBy(reaper({ perRun: 2 }), 2, 10)).toBeNull();
    expect(heldBy(reaper({ perRun: 2 }), 3, 10)).toBe('perRun: 3 victims, at most 2');
    expect(heldBy(reaper({}), 100, 100)).toBeNull();
    expect(heldBy(reaper({ share: '25%' }), 1, 4)).toBeNull();
    expect(heldBy(reaper({ share: '25%' }), 1, 3)).toBe('share: 1 of 3 sessions are 33.33%, at most 25%');
    expect(heldBy(reaper({ share: '25%' }), 0, 0)).toBeNull();
    expect(heldBy(reaper({ share: '25%' }), 1, 0)).toBeNull();
  });

  it('is on record as the refusal of the first victim', async () => {
    const yaml = `reapers:
  - { name: idle, targets: [local], kill: connection, victims: all, match: { idle: 1m }, limits: { perRun: 1 } }
`;
    const sessions = [aSession({ id: '41', time: 60 }), aSession({ id: '42', time: 90 })];
    const { services, audit, sent } = scriptedServices(yaml, { looks: [sessions] });
    const principal = { source: 'schedule', subject: 'idle', groups: [], claims: {} } as const;
    const request = { principal, target: 'local', reaper: 'idle', dryRun: false, correlationId: 'c-1' };

    await expect(reap(services, request)).resolves.toMatchObject({ held: 'perRun: 2 victims, at most 1' });

    expect(sent).toEqual([]);
    expect(audit.records).toEqual([
      expect.objectContaining({
        target: 'local',
        principal: { source: 'schedule', subject: 'idle' },
        reaper: 'idle',
        correlationId: 'c-1',
        kind: 'connection',
        sessionId: '42',
        reason: 'limit perRun: 2 victims, at most 1',
        outcome: 'refused',
        proven: false,
        detail: 'perRun: 2 victims, at most 1',
      }),
    ]);
  });
});
