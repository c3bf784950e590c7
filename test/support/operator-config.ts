import { parseConfig, type WardenConfig } from '../../lib/config/config.ts';

/** One rule: the group `operator` may do everything on every target, and as often as a test wants. */
export const operatorConfig: WardenConfig = parseConfig(
  `access:
  - who: { group: operator }
    targets: ['*']
    privileges: [PROCESS, SUPER]
    statements: full
limits: { killsPerMinute: 100000 }
`,
  'test',
);
