import { parseConfig, type WardenConfig } from '../../lib/config.ts';

/** One rule: the group `operator` may do everything on every target. */
export const operatorConfig: WardenConfig = parseConfig(
  `access:
  - who: { group: operator }
    targets: ['*']
    privileges: [PROCESS, SUPER]
    statements: full
`,
  'test',
);
