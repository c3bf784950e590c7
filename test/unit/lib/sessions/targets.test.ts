import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { listTargets } from '../../../../lib/targets/list-targets.ts';
import { as, serving } from './serving.ts';

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
