import { release } from 'node:os';
import { KernelError } from './kernel-error.ts';

/** The release of `pylibseekdb` that holds the kernel. */
export const KERNEL_VERSION = '1.4.0.post1';

/** One wheel of that release. */
export interface Wheel {
  /** The platform as pip names it. */
  readonly platform: string;
  readonly sha256: string;
}

const WHEELS: Readonly<Record<string, Wheel>> = {
  'linux-x64': {
    platform: 'manylinux_2_28_x86_64',
    sha256: '58f2544cf7969a9b6cdf4ea1136e0d412443a2e839df656feec1b2712741ef85',
  },
  'linux-arm64': {
    platform: 'manylinux_2_28_aarch64',
    sha256: 'e2887533ab68a84197a222393e6d8fc8282274aa5e99af4f8259c5dfce147914',
  },
  'darwin-arm64': {
    platform: 'macosx_15_0_arm64',
    sha256: 'ad34939175ee900e0e0af52d32868a50d5470200a34cba32558678b5edb8ed3f',
  },
  'darwin-x64': {
    platform: 'macosx_15_0_x86_64',
    sha256: '0a0a9a68639547f721f581f184faa793a25e70414e6bed2edf14f379224165d8',
  },
};

/** What decides whether the kernel runs on a machine. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** `undefined` where there is none: musl, or no Linux. */
  readonly glibc: string | undefined;
  /** The operating system's own release; on macOS Darwin's. */
  readonly release: string;
}

/** This machine. */
export function thisMachine(): Machine {
  return { platform: process.platform, arch: process.arch, glibc: glibcVersion(), release: release() };
}

/** The wheel that runs on a machine. @throws KernelError where none does. */
export function wheelFor(machine: Machine): Wheel {
  const wheel = WHEELS[`${machine.platform}-${machine.arch}`];
  if (!wheel) throw new KernelError(`There is no OceanBase kernel for ${machine.platform} on ${machine.arch}.`);
  if (machine.platform === 'linux' && !isAtLeast(machine.glibc, [2, 28])) {
    const found = machine.glibc ? `glibc ${machine.glibc}` : 'no glibc (musl?)';
    throw new KernelError(`The OceanBase kernel needs glibc 2.28 or later; this machine has ${found}.`);
  }
  // Darwin 24 is macOS 15.
  if (machine.platform === 'darwin' && !isAtLeast(machine.release, [24])) {
    throw new KernelError(`The OceanBase kernel needs macOS 15 or later; this is Darwin ${machine.release}.`);
  }
  return wheel;
}

function isAtLeast(version: string | undefined, least: readonly number[]): boolean {
  if (!version) return false;
  const parts = version.split('.').map(Number);
  for (const [index, needed] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== needed) return part > needed;
  }
  return true;
}

function glibcVersion(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  // Without this the report asks the network for the name of each peer.
  Object.assign(process.report, { excludeNetwork: true });
  const report: { header?: { glibcVersionRuntime?: string } } = process.report.getReport();
  return report.header?.glibcVersionRuntime;
}
