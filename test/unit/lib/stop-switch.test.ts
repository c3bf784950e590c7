import { describe, expect, it } from 'vitest';
import { refuseWhileStopped, stopSwitch } from '../../../lib/stop-switch.ts';

describe('the stop switch', () => {
  it('stops by the configuration, whatever the parameter says', async () => {
    expect(await stopSwitch(true, async () => 'false')()).toBe(true);
    expect(await stopSwitch(false)()).toBe(false);
  });

  it.each([
    ['false', false],
    [' False\n', false],
    ['true', true],
    ['', true],
    ['no', true],
    [undefined, true],
  ])('is thrown unless the parameter holds false: %j', async (value, stopped) => {
    expect(await stopSwitch(false, async () => value)()).toBe(stopped);
  });

  it('is thrown where the parameter cannot be read, and asks anew each time', async () => {
    let value: string | Error = new Error('no network');
    const stopped = stopSwitch(false, async () => {
      if (value instanceof Error) throw value;
      return value;
    });
    await expect(refuseWhileStopped({ stopped })).rejects.toMatchObject({ code: 'kills-stopped' });
    value = 'false';
    await expect(refuseWhileStopped({ stopped })).resolves.toBeUndefined();
  });
});
