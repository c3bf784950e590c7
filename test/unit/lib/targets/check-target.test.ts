import { describe, expect, it, vi } from 'vitest';
import type { Database } from '../../../../lib/database/database.ts';
import { AppError } from '../../../../lib/errors.ts';
import { checkTarget } from '../../../../lib/targets/check-target.ts';
import { aReaper, aSession, aWait } from '../reaper/a-session.ts';
import { as, grant, serving } from '../sessions/serving.ts';

describe('the health of a target', () => {
  it('is what server and account tell', async () => {
    const { services, closed } = serving();
    expect(await checkTarget(services, { principal: as('ops'), target: 'local' })).toEqual({
      target: 'local',
      reachable: true,
      engine: 'mysql',
      version: '9',
      latencyMs: expect.any(Number),
      connectMs: expect.any(Number),
      exactStatements: true,
      source: { name: 'scripted', weakness: null },
      canary: true,
      encryption: { mode: 'verified', weakness: null },
      connections: null,
      running: 0,
      waiting: 0,
      privileges: { process: true, super: true },
      missing: [],
      undecidable: [],
      problem: null,
    });
    expect(closed()).toBe(1);
  });

  it('tells how busy the server is: no sleeper, system thread or own session counts as running', async () => {
    const sessions = [
      aSession({ id: '1', command: 'Query' }),
      aSession({ id: '2', command: 'Sleep' }),
      aSession({ id: '3', command: 'Query' }),
      aSession({ id: '4', command: 'Binlog Dump' }),
    ];
    const busy = serving({
      list: async () => sessions,
      connections: async () => ({ most: 151, used: null }),
      lockWaits: async () => [aWait('3', '2', 5), aWait('3', '4', 5)],
    });
    const health = checkTarget(busy.services, { principal: as('ops'), target: 'local' });
    expect(await health).toMatchObject({ connections: { used: 4, most: 151 }, running: 1, waiting: 1 });
    const denied = serving({ lockWaits: () => Promise.reject(new AppError('target-privilege-missing')) });
    const unknown = checkTarget(denied.services, { principal: as('ops'), target: 'local' });
    expect(await unknown).toMatchObject({ reachable: true, waiting: null });
  });

  it('has the milliseconds of connecting and of a round trip, to a tenth', async () => {
    let now = 1_000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const found: unknown[] = [];
    const { services } = serving({
      find: async (ids) => {
        found.push(ids);
        now += 3.26;
        return [];
      },
    });
    const open = async () => {
      now += 12.34;
      return services.open();
    };
    const health = await checkTarget({ ...services, open }, { principal: as('ops'), target: 'local' });
    clock.mockRestore();
    expect(health).toMatchObject({ connectMs: 12.3, latencyMs: 3.3 });
    expect(found).toEqual([['1']]);
  });

  it('names what the account lacks, the most needed first', async () => {
    const missingOf = async (over: Partial<Database>) => {
      const { services } = serving({ findMissingGrants: async () => [grant('OTHER')], ...over });
      const { missing } = await checkTarget(services, { principal: as('ops'), target: 'local' });
      return missing.map(({ name }) => name);
    };
    const has = (process: boolean, superior: boolean) => async () => ({ process, super: superior });
    const managed = { server: { ...serving().server, managed: true } };
    expect(await missingOf({})).toEqual(['OTHER']);
    expect(await missingOf({ ownPrivileges: has(false, false) })).toEqual(['PROCESS', 'SUPER', 'OTHER']);
    expect(await missingOf({ ownPrivileges: has(true, false) })).toEqual(['SUPER', 'OTHER']);
    expect(await missingOf({ ownPrivileges: has(true, false), ...managed })).toEqual(['OTHER']);
    expect(await missingOf({ ownPrivileges: has(false, true) })).toEqual(['PROCESS', 'OTHER']);
  });

  it('names the rules for it that ask for what it never shows, and the GRANT that would show it', async () => {
    const unknown = [
      { field: 'transaction', why: 'Our account lacks PROCESS.' },
      { field: 'cpu', why: 'No view shows it.' },
    ] as const;
    const { services } = serving({
      list: async (ids = []) => ids.map((id) => aSession({ id, unknown })),
      ownPrivileges: async () => ({ process: false, super: true }),
      lockWaits: () => Promise.reject(new AppError('target-privilege-missing', { detail: 'It needs PROCESS.' })),
    });
    const reapers = [
      aReaper({ name: 'a', match: { not: { inTransaction: true } } }),
      aReaper({ name: 'b', ignore: [{ cpu: '1s' }] }),
      aReaper({ name: 'c', when: { blocking: true } }),
      aReaper({ name: 'd', match: { idle: '1m' }, when: { connectionsUsed: '80%' } }),
      aReaper({ name: 'e', targets: ['other'], match: { inTransaction: false } }),
    ];
    const config = { ...services.config, reapers };
    const { undecidable } = await checkTarget({ ...services, config }, { principal: as('ops'), target: 'local' });
    const grants = ["GRANT PROCESS ON *.* TO 'w'@'%'"];
    expect(undecidable).toEqual([
      { reaper: 'a', ...unknown[0], grants },
      { reaper: 'b', ...unknown[1], grants: [] },
      { reaper: 'c', field: 'locks', why: 'It needs PROCESS.', grants },
      { reaper: 'd', field: 'connections', why: expect.stringContaining('how many connections'), grants: [] },
    ]);
  });

  it('is a problem by its code, where the target fails once it is connected', async () => {
    const { services, closed } = serving({ find: () => Promise.reject(new AppError('target-timeout')) });
    const error = new AppError('target-timeout');
    expect(await checkTarget(services, { principal: as('ops'), target: 'local' })).toEqual({
      target: 'local',
      reachable: false,
      engine: null,
      version: null,
      latencyMs: null,
      connectMs: null,
      exactStatements: false,
      source: null,
      encryption: null,
      connections: null,
      running: null,
      waiting: null,
      privileges: { process: false, super: false },
      missing: [],
      undecidable: [],
      canary: true,
      problem: { code: 'target-timeout', detail: null, hint: error.hint },
    });
    expect(closed()).toBe(1);
  });

  it('is none where the failure is not the target’s', async () => {
    const { services, closed } = serving({ find: () => Promise.reject(new TypeError('x')) });
    await expect(checkTarget(services, { principal: as('ops'), target: 'local' })).rejects.toThrow(TypeError);
    expect(closed()).toBe(1);
  });

  it('is told to no one without PROCESS there, and of no target that no rule opens', async () => {
    const { services } = serving({}, ['local', 'web']);
    await expect(checkTarget(services, { principal: as('ann'), target: 'local' })).rejects.toMatchObject({
      code: 'privilege-needed',
      detail: 'PROCESS',
    });
    for (const target of ['web', 'shop-gone'])
      await expect(checkTarget(services, { principal: as('ops'), target })).rejects.toMatchObject({
        code: 'target-not-found',
      });
  });
});
