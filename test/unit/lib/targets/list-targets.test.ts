import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../../../lib/errors.ts';
import { createServices } from '../../../../lib/services.ts';
import { checkTarget } from '../../../../lib/targets/check-target.ts';
import { createUrlDirectory } from '../../../../lib/targets/database-url.ts';
import { listTargets } from '../../../../lib/targets/list-targets.ts';
import { memoryAuditStore } from '../../../support/memory-audit-store.ts';
import { operatorConfig } from '../../../support/operator-config.ts';

const principal = { source: 'jwt', subject: 'ops', groups: ['operator'], claims: {} } as const;

/** One target, whose connection fails like this. */
function failing(code: ErrorCode) {
  const targets = createUrlDirectory(new Map([['shop', 'mysql://nobody@127.0.0.1:1']]));
  const services = createServices(operatorConfig, targets, memoryAuditStore());
  return { ...services, open: () => Promise.reject(new AppError(code)) };
}

describe('what is told of a target that we could not connect to', () => {
  it('is that it cannot be reached', async () => {
    const services = failing('target-unreachable');

    expect(await listTargets(services, { principal })).toMatchObject({ targets: [{ name: 'shop', reachable: false }] });
    expect(await checkTarget(services, { principal, target: 'shop' })).toMatchObject({
      reachable: false,
      problem: { code: 'target-unreachable' },
    });
  });

  it('is nothing, where only we ourselves are on it too often', async () => {
    const services = failing('too-many-requests');

    await expect(listTargets(services, { principal })).rejects.toMatchObject({ status: 429 });
    await expect(checkTarget(services, { principal, target: 'shop' })).rejects.toMatchObject({ status: 429 });
  });
});
