import { expect, it } from 'vitest';
import { recordRefusals } from '../../../../lib/sessions/on-record.ts';
import { takeSamples } from '../../../../lib/telemetry/samples.ts';
import { emitting } from '../../../support/emitted.ts';
import { memoryAuditStore } from '../../../support/memory-audit-store.ts';

emitting();

it('where nothing was refused nothing is counted, and the audit store is asked for nothing', async () => {
  let asked = 0;
  const beginAll = async () => {
    asked += 1;
    return [];
  };
  expect(await recordRefusals({ ...memoryAuditStore(), beginAll }, [])).toEqual([]);
  expect(asked).toBe(0);
  expect(takeSamples()).toEqual([]);
});
