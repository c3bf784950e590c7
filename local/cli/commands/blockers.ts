import { blockersSchema } from '../api/answers.ts';
import { type Call, type ExitCode, onTarget, show } from '../call.ts';
import { blockerTree } from '../result-table.ts';

/** `warden blockers`: who blocks whom, roots first. */
export const blockers = (call: Call): Promise<ExitCode> =>
  show(call, { method: 'GET', path: onTarget(call, 'blockers') }, blockersSchema, ({ blockers: forest }) =>
    forest.length === 0 ? ['No session waits for a lock.'] : forest.flatMap((node) => blockerTree(node)),
  );
