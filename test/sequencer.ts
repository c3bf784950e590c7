import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest, begun first, so that a run does not end with it. Nobody remembers times on a new machine. */
const LONG =
  /\/(?:pending|reap|fleet|crowd|matrix|situations|blockers-scenes|warnings|load|bad-days|audit-faults|bundles|two-servers|log-in|unknown)\.test\.ts$/;

/**
 * Mixes files that wait for database servers with those that compute, so that at any moment there is work for the
 * processors, and servers for those that want one.
 */
export class MixingSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const groups = Map.groupBy(sorted, ({ project }) => project.config.sequence.groupOrder);
    return [...groups.values()].flatMap(mix);
  }
}

function mix(files: readonly TestSpecification[]): readonly TestSpecification[] {
  const isLong = ({ project, moduleId }: TestSpecification) => project.name === 'engines' && LONG.test(moduleId);
  const waiting = files.filter(({ project }) => project.name === 'engines').toSorted(longFirst);
  const computing = files.filter(({ project }) => project.name !== 'engines');
  const each = computing.length / Math.max(waiting.length, 1);
  const mixed = waiting.flatMap((file, at) => [
    file,
    ...computing.slice(Math.round(at * each), Math.round((at + 1) * each)),
  ]);
  return waiting.length === 0 ? computing : mixed;

  function longFirst(one: TestSpecification, other: TestSpecification): number {
    return Number(isLong(other)) - Number(isLong(one));
  }
}
