import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/function-table.ts';
import { duringRotation } from './during-rotation.ts';
import { inChats } from './in-chats.ts';
import { inSandbox } from './in-sandbox.ts';
import { onEngines } from './on-engines.ts';
import { onSchedule } from './on-schedule.ts';
import { skipped, stage } from './stage.ts';
import { toReceivers } from './to-receivers.ts';
import { whenKilled } from './when-killed.ts';
import { withoutAPermission } from './without-a-permission.ts';

describe.skipIf(skipped !== undefined)(
  `bundles under Lambda's runtime client${skipped ? ` - skipped: ${skipped}` : ''}`,
  () => {
    const on = stage();
    onEngines(on);
    duringRotation(on);
    onSchedule(on);
    toReceivers(on);
    inChats(on);
    inSandbox(on);
    whenKilled(on);
    withoutAPermission(on);

    it('are all there', () => {
      expect([...on.cloud().functions.keys()].toSorted()).toEqual(Object.keys(FUNCTIONS).toSorted());
    });
  },
);
