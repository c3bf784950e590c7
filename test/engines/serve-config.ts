import { parseConfig } from '../../lib/config/config.ts';

/** One rule for real, every five minutes; another that only looks. */
export const serveConfig = parseConfig(
  `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
reapers:
  - { name: idle, every: 5m, targets: ['*'], kill: connection, match: { user: warden_r_app, idle: 2s }, victims: all, mode: enforce }
  - { name: looks, every: 1m, targets: ['*'], kill: connection, match: { user: warden_r_safe, idle: 2s }, victims: all }
`,
  'test',
);
