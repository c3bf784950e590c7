import { expect, it } from 'vitest';
import { type BlockerNode, type BlockerTree, blockerForest } from '../../../../lib/sessions/blockers.ts';
import { blockerTree } from '../../../../local/cli/result-table.ts';
import { aWait } from '../../lib/reaper/a-session.ts';

it('a line tells who holds up whom, for what lock, and of a holder that is no session why and what to type', () => {
  const reason = 'Nobody knows.';
  const forest = blockerForest([
    aWait('2', '1', 5),
    aWait('3', '2', null),
    aWait('5', '4', 9, { reason, likely: true }),
    aWait('6', null, 1, { reason: 'A prepared XA transaction holds it.', xa: ["'x',''"], lock: 'row lock' }),
  ]);
  const unseen = (tree: BlockerTree): BlockerNode => ({ ...tree, session: null, waiters: tree.waiters.map(unseen) });
  expect(forest.map(unseen).flatMap((node) => blockerTree(node))).toEqual([
    '1 –, holds up 2 for up to 5s',
    '  2 – waits 5s for table metadata lock, holds up 1, for how long is not known',
    '    3 – waits for table metadata lock, for how long is not known',
    "no known session, holds up 1 for up to 1s. A prepared XA transaction holds it. XA ROLLBACK 'x',''",
    '  6 – waits 1s for row lock',
    '4 –, may hold up 1 for up to 9s. Nobody knows.',
    '  5 – waits 9s for table metadata lock',
  ]);
});
