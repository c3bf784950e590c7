import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/function-table.ts';
import { parseConfig } from '../../lib/config/config.ts';
import { functionsOf } from './resources.ts';
import { synthesize } from './synthesize.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/reliability.md'), 'utf8').replaceAll(/\s+/g, ' ');
const opening = [...functionsOf(synthesize().template())].filter(([name]) => FUNCTIONS[name as 'alert'].inside);
const environments = opening.reduce((sum, [, { Properties }]) => sum + Properties.ReservedConcurrentExecutions, 0);
const { connectionsPerTarget } = parseConfig('access: []', 'test').limits;

describe('the most connections that a target gets from a deployment with chats, by default', () => {
  it('are told right in docs/reliability.md', () => {
    const each = Object.entries(
      Object.groupBy(opening, ([, { Properties }]) => String(Properties.ReservedConcurrentExecutions)),
    ).map(([reserved, all = []]) => `${all.length} × ${reserved}`);
    const most = environments * connectionsPerTarget;
    expect(page).toContain(
      `${opening.length} functions open databases, with reserved concurrency of ${each.reverse().join(', ')}: ${environments} environments. By \`limits\` each may hold ${connectionsPerTarget} connections to a target, which makes ${most}`,
    );
  });

  it('are as many as calls run at once, since an environment has one call at a time, and a call one connection', () => {
    expect(page).toContain(`so that a target sees ${environments} at most`);
  });
});
