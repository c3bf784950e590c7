import { describeMeasured, describeUsages } from './describe.ts';
import type { Inputs } from './inputs.ts';
import type { Measured } from './measured.ts';
import { simulate } from './model.ts';

/** Plays fleets of these sizes and tells of them in Markdown: the same text for the same measurements, inputs and seed. */
export function reportOf(measured: Measured, inputs: Inputs, sizes: readonly number[], seed: number): string {
  const { fleet, lambda, region, date } = inputs;
  const usages = sizes.map((size) => simulate(size, inputs, measured, seed));
  return `# A simulated fleet

${describeMeasured(measured)}

Played with these runs, seed ${seed}: a reaper on each target every ${fleet.every} s for ${fleet.minutes} minutes; ${fleet.busyShare * 100} % of runs end ${measured.victims} sessions, ${fleet.illShare * 100} % of targets do not answer. Workers of ${lambda.memoryMb} MB take ${lambda.batch} targets each, at most ${lambda.maxConcurrency} at once. Prices: \`test/simulate/inputs.yaml\`, ${region}, written down ${date}; they are inputs, not facts.

${describeUsages(usages, inputs, measured)}
`;
}
