import { release } from 'node:os';
import { KernelError } from './run-command.ts';

/** The kernels, by what people call them, as releases of `pylibseekdb`. The first starts faster, and is the default. */
export const KERNELS = ['1.4', '4.3.5'] as const;
export type KernelName = (typeof KERNELS)[number];

/** One wheel of a release. */
export interface Wheel {
  /** The release of `pylibseekdb`. */
  readonly release: string;
  /** The Python that pip is told to fetch it for. */
  readonly python: string;
  /** The platform as pip names it. */
  readonly platform: string;
  readonly sha256: string;
}

const RELEASES: Readonly<Record<KernelName, Pick<Wheel, 'release' | 'python'>>> = {
  '1.4': { release: '1.4.0.post1', python: '3.12' },
  // IDs above 2^31, GV$ views, an SQL audit, and the login of OBProxy.
  '4.3.5': { release: '1.3.0.post5', python: '3.11' },
};

type Sum = Pick<Wheel, 'platform' | 'sha256'>;

const WHEELS: Readonly<Record<KernelName, Readonly<Record<string, Sum>>>> = {
  '1.4': {
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
  },
  '4.3.5': {
    'linux-x64': {
      platform: 'manylinux_2_28_x86_64',
      sha256: '41a36419f69b8fca27bb9cb67959726a96a70c62ae36b86327e071df45c47701',
    },
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
export function wheelFor(machine: Machine, name: KernelName = '1.4'): Wheel {
  const wheel = WHEELS[name][`${machine.platform}-${machine.arch}`];
  if (!wheel) throw new KernelError(`There is no OceanBase kernel ${name} for ${machine.platform} on ${machine.arch}.`);
  if (machine.platform === 'linux' && !isAtLeast(machine.glibc, [2, 28])) {
    const found = machine.glibc ? `glibc ${machine.glibc}` : 'no glibc (musl?)';
    throw new KernelError(`The OceanBase kernel needs glibc 2.28 or later; this machine has ${found}.`);
  }
  // Darwin 24 is macOS 15.
  if (machine.platform === 'darwin' && !isAtLeast(machine.release, [24])) {
    throw new KernelError(`The OceanBase kernel needs macOS 15 or later; this is Darwin ${machine.release}.`);
  }
  return { ...RELEASES[name], ...wheel };
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
