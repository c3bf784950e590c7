import { writeSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';
import { ENGINE_NAMES } from './engines/engine-status.ts';

/**
 * Adds to the usual report the reason of each skipped test, and as the very last line `N passed, N failed, N skipped`. Two
 * tests of one name, wherever they stand, are a failure: nobody could tell which of them a report means.
 */
export default class ClosingReporter implements Reporter {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  onInit(): void {
    // Only at the exit has everybody else printed what they had to.
    process.once('exit', (code) => {
      // A global setup that fails is no test and no error of a test; it must not look like a run without failures.
      const failed = code !== 0 && this.#failed === 0 ? 1 : this.#failed;
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
    for (const test of skipped) console.log(`skipped: ${test.project.name} ${test.fullName}: ${reasonOf(test)}`);
    const twice = namesSeenTwice(tests.map(({ fullName }) => fullName));
    for (const name of twice) console.log(`two tests are called so: ${name}`);
    if (twice.length > 0) process.exitCode = 1;
    // A file that did not load, a hook that failed and an error outside of any test have failed no test, and are failures.
    const broken = modules.filter((module) => module.state() === 'failed' && !hasFailedTest(module)).length;
    this.#passed = count('passed');
    this.#failed = count('failed') + count('pending') + broken + errors.length + twice.length;
    this.#skipped = skipped.length;
  }
}

const namesSeenTwice = (names: readonly string[]): readonly string[] =>
  [...Map.groupBy(names, (name) => name)].filter(([, same]) => same.length > 1).map(([name]) => name);

const hasFailedTest = (module: TestModule): boolean =>
  [...module.children.allTests()].some((test) => test.result().state === 'failed');

function reasonOf(test: TestCase): string {
  const result = test.result();
  if (result.state === 'skipped' && result.note) return result.note;
  const name = ENGINE_NAMES.find((engine) => test.fullName.toLowerCase().includes(engine));
  const engines = name === undefined ? [] : (test.project.getProvidedContext().engines ?? []);
  return engines.find((engine) => engine.name === name)?.reason ?? 'no reason given';
}
