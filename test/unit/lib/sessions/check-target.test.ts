import { describe, expect, it, vi } from 'vitest';
import type { Database } from '../../../../lib/database/database.ts';
import { AppError } from '../../../../lib/errors.ts';
import { checkTarget } from '../../../../lib/sessions/check-target.ts';
import { listTargets } from '../../../../lib/sessions/list-targets.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';

const CONFIG = `access:
  - { who: { sub: ops }, targets: [local, shop*], privileges: [PROCESS] }
  - { who: { sub: ann }, targets: ['*'], users: [ann] }
`;
const grant = (name: string) => ({ name, effect: 'e', grant: `GRANT ${name}` });
const as = (sub: string) => ({ source: 'jwt', subject: sub, groups: [], claims: { sub } }) as const;

/** Services whose database answers so, and how often it was closed. */
function serving(over: Partial<Database> = {}, targets: readonly string[] = ['local']) {
  const { services, database } = scriptedServices(CONFIG, {}, targets);
  let closed = 0;
  const close = async (): Promise<void> => {
    closed += 1;
  };
  return { services: { ...services, open: async () => ({ ...database, close, ...over }) }, closed: () => closed };
}

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
      privileges: { process: true, super: true },
      missing: [],
      problem: null,
    });
    expect(closed()).toBe(1);
  });

  it('has the milliseconds of connecting and of a round trip, to a tenth', async () => {
    let now = 1_000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { services } = serving({
      find: async () => {
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
  });

  it('names what the account lacks, the most needed first', async () => {
    const missingOf = async (over: Partial<Database>) => {
      const { services } = serving({ findMissingGrants: async () => [grant('OTHER')], ...over });
      const { missing } = await checkTarget(services, { principal: as('ops'), target: 'local' });
      return missing.map(({ name }) => name);
    };
    const has = (process: boolean, superior: boolean) => async () => ({ process, super: superior });
    const { database } = scriptedServices(CONFIG, {});
    const managed = { server: { ...database.server, managed: true } };
    expect(await missingOf({})).toEqual(['OTHER']);
    expect(await missingOf({ ownPrivileges: has(false, false) })).toEqual(['PROCESS', 'SUPER', 'OTHER']);
    expect(await missingOf({ ownPrivileges: has(true, false) })).toEqual(['SUPER', 'OTHER']);
    expect(await missingOf({ ownPrivileges: has(true, false), ...managed })).toEqual(['OTHER']);
    expect(await missingOf({ ownPrivileges: has(false, true) })).toEqual(['PROCESS', 'OTHER']);
  });

  it('is a problem by its code, where the target fails after the connection stands', async () => {
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
      privileges: { process: false, super: false },
      missing: [],
      problem: { code: 'target-timeout', hint: error.hint },
    });
    expect(closed()).toBe(1);
  });

  it('is none where the failure is not the target’s', async () => {
    const { services, closed } = serving({ find: () => Promise.reject(new TypeError('x')) });
    await expect(checkTarget(services, { principal: as('ops'), target: 'local' })).rejects.toThrow(TypeError);
    expect(closed()).toBe(1);
  });

  it('is told to nobody without PROCESS there, and of no target that no rule opens', async () => {
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

describe('the list of targets', () => {
  it('has those that a rule opens, each with engine and version, in their order', async () => {
    const names = Array.from({ length: 20 }, (_, n) => `shop${n}`);
    const { services, closed } = serving({}, [...names, 'web']);
    const { targets } = await listTargets(services, { principal: as('ops') });
    expect(targets).toEqual(names.map((name) => ({ name, engine: 'mysql', version: '9', reachable: true })));
    expect(closed()).toBe(20);
  });

  it('has one that could not be reached, for whatever reason, without engine and version', async () => {
    for (const error of [new AppError('target-timeout'), new TypeError('x')]) {
      const { services } = serving();
      const { targets } = await listTargets(
        { ...services, open: () => Promise.reject(error) },
        { principal: as('ops') },
      );
      expect(targets).toEqual([{ name: 'local', engine: null, version: null, reachable: false }]);
    }
  });

  it('asks eight at a time', async () => {
    const { services } = serving(
      {},
      Array.from({ length: 20 }, (_, n) => `shop${n}`),
    );
    let [now, most] = [0, 0];
    const open = async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((done) => setTimeout(done, 5));
      now -= 1;
      return services.open();
    };
    await listTargets({ ...services, open }, { principal: as('ops') });
    expect(most).toBe(8);
  });
});
