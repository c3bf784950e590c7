import fc from 'fast-check';
import { afterAll, beforeEach, vi } from 'vitest';
import { writeFigures } from '../faults/figures.ts';

/** `npm run faults -- --full` tries ten times as much. */
const TIMES = process.env['FAULTS_FULL'] ? 10 : 1;

/** Counts what a file tries. */
export interface Tally {
  /** Checks a property on so many inputs. */
  check<Inputs>(runs: number, property: fc.IRawProperty<Inputs>): Promise<void>;
  /** Counts inputs that were tried without fast-check. */
  tried(inputs: number): void;
}

/** Begins the count of a file, which ends as one row of figures. A test that fails is a finding. */
export function tally(name: string, note: string): Tally {
  vi.setConfig({ testTimeout: 300_000 });
  let tried = 0;
  let findings = 0;
  beforeEach(({ onTestFailed }) =>
    onTestFailed(() => {
      findings += 1;
    }),
  );
  afterAll(() => writeFigures({ name, tried, wrong: null, lost: null, left: null, findings, note }));
  return {
    tried: (inputs) => {
      tried += inputs;
    },
    check: async <Inputs>(runs: number, property: fc.IRawProperty<Inputs>) => {
      const details = await fc.check(property, { numRuns: runs * TIMES });
      tried += details.numRuns;
      if (details.failed) throw new Error(fc.defaultReportMessage(details));
    },
  };
}
