import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reporter, SerializedError, TestCase, TestModule, Vitest } from 'vitest/node';
import './engines/engine-status.ts';

const NO_REASON = 'no reason given';
/** How many tests may need a second try before the run has failed: a machine has a bad moment, a product has a fault. */
const MOST_FLAKY = 10;

/** What programs keep in the machine's temporary folder for themselves, whatever `TMPDIR` says. */
const OF_OTHERS = /^(?:hsperfdata_|node-compile-cache|v8-compile-cache|npm-)/;

/**
 * Adds to the usual report the reason of each skipped test, and as the very last line `N passed, N failed, N skipped`. Two
 * tests of one name, wherever they stand, are a failure: nobody could tell which of them a report means. So are a skip
 * without a reason, more than a few that needed a second try, and what the run leaves behind.
 */
export default class ClosingReporter implements Reporter {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  onInit(vitest: Vitest): void {
    // Everything that the run starts inherits it: what is left there goes with it, and what is left running is known by it.
    const home = tmpdir();
    const before = readdirSync(home);
    const folder = mkdtempSync(join(home, 'warden-tests-'));
    chmodSync(folder, 0o1777);
    process.env['TMPDIR'] = folder;
    const changes = changedFiles();
    // Only at the exit has everybody else printed what they had to.
    process.once('exit', (code) => {
      rmSync(folder, { recursive: true, force: true });
      // On a machine of its own nobody else writes there meanwhile.
      const files = process.env['CI'] ? readdirSync(home).filter((name) => !before.includes(name)) : [];
      const left = [
        ...runningFrom(folder).map((what) => `a process: ${what}`),
        ...files.filter((name) => !OF_OTHERS.test(name)).map((name) => `in ${home}: ${name}`),
        // `npm run drills` writes what it measured.
        ...(vitest.config.watch || process.env['DRILLS_FULL']
          ? []
          : changedFiles().filter((line) => !changes.includes(line))),
      ];
      for (const what of left) writeSync(process.stdout.fd, `left behind: ${what}\n`);
      if (left.length > 0) process.exitCode = 1;
      // A global setup that fails is no test and no error of a test; it must not look like a run without failures.
      const failed = (code !== 0 && this.#failed === 0 ? 1 : this.#failed) + left.length;
      writeSync(process.stdout.fd, `${this.#passed} passed, ${failed} failed, ${this.#skipped} skipped\n`);
    });
  }

  /** Whatever else a passed test prints is held back. */
  onUserConsoleLog({ content }: { readonly content: string }): void {
    if (content.startsWith('figures: ')) process.stdout.write(content);
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const reasons = skipped.map(reasonOf);
    for (const [at, test] of skipped.entries())
      console.log(`skipped: ${test.project.name} ${test.fullName}: ${reasons[at]}`);
    const twice = namesSeenTwice(tests.map(({ fullName }) => fullName));
    for (const name of twice) console.log(`two tests are called so: ${name}`);
    console.log(`minutes of tests, side by side: ${minutesOf(modules)}`);
    const flaky = tests.filter((test) => test.diagnostic()?.flaky);
    for (const test of flaky)
      console.log(`passed at the second try: ${test.fullName}: ${test.result().errors?.[0]?.message ?? ''}`);
    const tooMany = flaky.length > MOST_FLAKY ? flaky.length : 0;
    const unexplained = reasons.filter((reason) => reason === NO_REASON).length;
    if (twice.length + unexplained + tooMany > 0) process.exitCode = 1;
    // A file that did not load, a hook that failed and an error outside of any test have failed no test, and are failures.
    const broken = modules.filter((module) => module.state() === 'failed' && !hasFailedTest(module)).length;
    this.#passed = count('passed');
    this.#failed = count('failed') + count('pending') + broken + errors.length + twice.length + unexplained + tooMany;
    this.#skipped = skipped.length;
  }
}

/** Files that Git sees as changed or new; none where there is no Git. */
function changedFiles(): readonly string[] {
  try {
    return execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')
      .filter(Boolean);
  } catch {
    return [];
  }
}

/** Programs that still run with this temporary folder, once those that are ending have had a moment; Linux tells. */
function runningFrom(folder: string): readonly string[] {
  for (let tries = 0; ; tries++) {
    const found = process.platform === 'linux' ? readdirSync('/proc').filter(isOne) : [];
    if (found.length === 0 || tries === 50) return found.map((id) => `${id} ${nameOf(id)}`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  function isOne(id: string): boolean {
    try {
      if (!/^\d+$/.test(id) || id === String(process.pid)) return false;
      return readFileSync(`/proc/${id}/environ`, 'utf8').split('\0').includes(`TMPDIR=${folder}`);
    } catch {
      return false;
    }
  }
  function nameOf(id: string): string {
    try {
      return readlinkSync(`/proc/${id}/exe`);
    } catch {
      return '';
    }
  }
}

const namesSeenTwice = (names: readonly string[]): readonly string[] =>
  [...Map.groupBy(names, (name) => name)].filter(([, same]) => same.length > 1).map(([name]) => name);

const hasFailedTest = (module: TestModule): boolean =>
  [...module.children.allTests()].some((test) => test.result().state === 'failed');

/** What the tests of each folder took, the longest first. */
function minutesOf(modules: readonly TestModule[]): string {
  const folderOf = ({ relativeModuleId }: TestModule) => relativeModuleId.split('/')[1] ?? '';
  return [...Map.groupBy(modules, folderOf)]
    .map(([folder, some]) => ({ folder, ms: some.reduce((sum, one) => sum + one.diagnostic().duration, 0) }))
    .toSorted((one, other) => other.ms - one.ms)
    .map(({ folder, ms }) => `${folder} ${(ms / 60_000).toFixed(1)}`)
    .join(', ');
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  if (result.state === 'skipped' && result.note) return result.note;
  const [, told] = / - skipped: (.*)$/.exec(test.fullName.replace(` > ${test.name}`, '')) ?? [];
  const title = test.fullName.toLowerCase();
  const engines = test.project.getProvidedContext().engines ?? [];
  const absent = engines.filter(({ reason }) => reason !== undefined);
  // One whose title names no engine wants several of them, or one that is made of OceanBase's.
  const named = absent.filter(({ name }) => title.includes(name));
  const [missing] = [named, absent].flatMap((some) =>
    some.length > 0 ? some.map(({ reason }) => reason).join('; ') : [],
  );
  return told ?? missing ?? (test.project.config.testNamePattern ? 'left out by -t' : NO_REASON);
}
