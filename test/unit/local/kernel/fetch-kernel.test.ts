import { describe, expect, it } from 'vitest';
import { thisMachine, wheelFor } from '../../../../local/kernel/fetch-kernel.ts';

const linux = { platform: 'linux', arch: 'x64', glibc: '2.28', release: '6.1.0' };
const mac = { platform: 'darwin', arch: 'arm64', glibc: undefined, release: '24.0.0' };

describe('wheelFor', () => {
  it.each([
    [linux, 'manylinux_2_28_x86_64'],
    [{ ...linux, glibc: '2.36', arch: 'arm64' }, 'manylinux_2_28_aarch64'],
    [{ ...linux, glibc: '3.0' }, 'manylinux_2_28_x86_64'],
    [mac, 'macosx_15_0_arm64'],
    [{ ...mac, arch: 'x64', release: '25.1.0' }, 'macosx_15_0_x86_64'],
  ])('finds the wheel of %j', (machine, platform) => {
    expect(wheelFor(machine)).toMatchObject({ platform, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it.each([
    [{ ...linux, glibc: '2.27' }, 'glibc 2.28'],
    [{ ...linux, glibc: undefined }, 'glibc'],
    [{ ...mac, release: '23.6.0' }, 'macOS 15'],
    [{ ...linux, platform: 'win32' }, 'win32'],
    [{ ...linux, arch: 's390x' }, 's390x'],
  ])('says what is missing on %j, and what works instead', (machine, what) => {
    expect(() => wheelFor(machine)).toThrow(what);
    expect(() => wheelFor(machine)).toThrow('DATABASE_URL=');
  });
});

describe('thisMachine', () => {
  it('knows its C library', (context) => {
    context.skip(process.platform !== 'linux', 'Only Linux has one that is asked for.');
    expect(thisMachine().glibc ?? '').toMatch(/^(\d+\.\d+.*)?$/);
  });
});
