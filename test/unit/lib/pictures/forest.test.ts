import { expect, it } from 'vitest';
import { type ForestNode, forest } from '../../../../lib/pictures/forest.ts';
import { type BlockerTree, blockerForest } from '../../../../lib/sessions/blockers.ts';
import { aWait } from '../reaper/a-session.ts';

it('a line tells who holds up whom, for what lock, and of a holder that is no session why and what to type', () => {
  const reason = 'Nobody knows.';
  const roots = blockerForest([
    aWait('2', '1', 5),
    aWait('7', '1', 1),
    aWait('3', '2', null),
    aWait('5', '4', 9, { reason, likely: true }),
    aWait('6', null, 1, { reason: 'A prepared XA transaction holds it.', xa: ["'x',''"], lock: 'row lock' }),
  ]);
  const seen = (tree: BlockerTree): ForestNode => ({
    ...tree,
    session: tree.id === '4' ? null : { user: tree.id === '2' ? 'app' : null },
    waiters: tree.waiters.map(seen),
  });
  expect(forest(roots.map(seen))).toEqual([
    '1 –, holds up 3 for up to 5s',
    '├─ 2 app waits 5s for table metadata lock, holds up 1, for how long is not known',
    '│  └─ 3 – waits for table metadata lock, for how long is not known',
    '└─ 7 – waits 1s for table metadata lock',
    "no known session, holds up 1 for up to 1s. A prepared XA transaction holds it. XA ROLLBACK 'x',''",
    '└─ 6 – waits 1s for row lock',
    '4 (gone by now), may hold up 1 for up to 9s. Nobody knows.',
    '└─ 5 – waits 9s for table metadata lock',
  ]);
});
