import { expect, it } from 'vitest';
import { asks, needsLocks, needsMaxConnections, needsResources } from '../../../../lib/reaper/asked.ts';
import { aReaper } from './a-session.ts';

it('a rule asks the server for no more than it needs', () => {
  const needs = (over: Record<string, unknown>) => {
    const reaper = aReaper(over);
    return [needsLocks(reaper), needsResources(reaper), needsMaxConnections(reaper)];
  };
  expect(needs({})).toEqual([false, false, false]);
  for (const over of [
    { match: { blocking: true } },
    { match: { blockedFor: '1s' } },
    { ignore: [{ blocking: true }] },
    { when: { blocking: true } },
    { when: { blockedFor: '1s' } },
    { match: { any: [{ user: 'a' }, { blocking: true }] } },
    { match: { not: { blockedFor: '1s' } } },
  ])
    expect(needs(over)).toEqual([true, false, false]);
  for (const over of [
    { match: { memory: '1MB' } },
    { match: { cpu: '1s' } },
    { ignore: [{ cpu: '1s' }, { user: 'a' }] },
  ])
    expect(needs(over)).toEqual([false, true, false]);
  expect(needs({ when: { connectionsUsed: '1%' } })).toEqual([false, false, true]);
  expect([asks({}, ['cpu']), asks({ cpu: 1 }, []), asks({ cpu: 1 }, ['memory', 'cpu'])]).toEqual([false, false, true]);
});
