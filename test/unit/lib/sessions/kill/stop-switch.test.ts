import { expect, it } from 'vitest';
import { memoryStopStore, refuseWhileStopped, stopSwitch } from '../../../../../lib/sessions/kill/stop-switch.ts';
import { stopStoreContract } from '../../../../contract/stop-store.contract.ts';

stopStoreContract('memory', async () => memoryStopStore());

const STOP = { by: { source: 'jwt', subject: 'ada' }, reason: 'why', since: '2026-11-29T12:00:00.000Z' };

it('stops by the configuration, or by a stop at run time, which is asked for again each time', async () => {
  const stops = memoryStopStore();
  expect(await stopSwitch(true, stops)()).toBe(true);
  const stopped = stopSwitch(false, stops);
  for (const isThrown of [false, true, false]) {
    await (isThrown ? stops.put(STOP) : stops.remove());
    expect(await stopped()).toBe(isThrown);
  }
});

it('stops where it cannot be read', async () => {
  let fails = true;
  const stopped = stopSwitch(false, {
    read: () => (fails ? Promise.reject(new Error('no network')) : Promise.resolve(undefined)),
  });
  await expect(refuseWhileStopped({ stopped })).rejects.toMatchObject({ code: 'kills-stopped' });
  fails = false;
  await expect(refuseWhileStopped({ stopped })).resolves.toBeUndefined();
});
