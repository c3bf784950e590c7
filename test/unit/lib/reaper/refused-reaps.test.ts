import { describe, expect, it } from 'vitest';
import { reap, runScheduled } from '../../../../lib/reaper/reap.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';
import { aSession } from './a-session.ts';

const CONFIG = `access:
  - { who: { sub: view }, targets: ['*'], privileges: [PROCESS] }
  - { who: { sub: sup }, targets: ['*'], privileges: [SUPER] }
  - { who: { sub: ops }, targets: ['*'], privileges: [PROCESS, SUPER] }
reapers:
  - { name: idle, targets: ['*'], kill: connection, match: { idle: 1s }, victims: all, mode: enforce }
`;

async function reaped(sub: string, { stop = false, dryRun = false, reaper = 'idle' } = {}) {
  const { services, audit, sent } = scriptedServices(CONFIG, { looks: [[aSession()], []] });
  const stopped = { ...services, stopped: async () => stop };
  const principal = { source: 'jwt', subject: sub, groups: [], claims: { sub } } as const;
  const run =
    sub === 'schedule'
      ? runScheduled(stopped, { target: 'local', reaper }, 'c')
      : reap(stopped, { principal, target: 'local', reaper, dryRun, correlationId: 'c' });
  const code = await run.then(() => 'done').catch(({ code: failed }: { readonly code: string }) => failed);
  return { code, records: audit.records, sent };
}

describe('a reaper that someone may not run', () => {
  it.each([
    ['nobody', false, 'target-not-found'],
    ['sup', false, 'privilege-needed'],
    ['view', false, 'privilege-needed'],
    ['nobody', true, 'target-not-found'],
    ['sup', true, 'privilege-needed'],
    ['view', true, 'privilege-needed'],
    ['ops', true, 'kills-stopped'],
    ['schedule', true, 'kills-stopped'],
  ])('ends no one and is on record: %s, stopped: %s', async (sub, stop, code) => {
    const { sent, records, ...answer } = await reaped(sub, { stop });
    expect(answer.code).toBe(code);
    expect(records).toMatchObject([
      {
        ...{ kind: 'reap', target: 'local', reaper: 'idle', sessionId: null, user: null, rule: null },
        ...{ outcome: 'refused', detail: code },
      },
    ]);
    expect(sent).toEqual([]);
    // Whether there is such a reaper is theirs to know who may see what it would do.
    if (sub !== 'ops' && sub !== 'schedule')
      expect(await reaped(sub, { stop, reaper: 'none' })).toMatchObject({
        code: sub === 'view' ? 'reaper-not-found' : code,
      });
  });

  it('leaves no record of a look', async () => {
    for (const sub of ['nobody', 'sup', 'view', 'ops'])
      expect((await reaped(sub, { dryRun: true })).records).toEqual([]);
  });
});

it('a victim’s record names the rule that lets a person run the reaper; a schedule needs none', async () => {
  expect((await reaped('ops')).records).toMatchObject([
    { reaper: 'idle', rule: 'access[2] sub: ops', outcome: 'terminated' },
  ]);
  expect((await reaped('schedule')).records).toMatchObject([
    { reaper: 'idle', rule: null, principal: { source: 'schedule', subject: 'reaper/idle' } },
  ]);
});
