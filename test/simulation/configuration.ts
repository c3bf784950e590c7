import { parseConfig, type WardenConfig } from '../../lib/config/config.ts';

const ACCESS = `access:
  - who: { group: dba }
    targets: ['*']
    privileges: [PROCESS, SUPER]
  - who: { group: developer }
    targets: ['*']
    users: [app]
  - who: { group: asker }
    targets: ['*']
    privileges: [PROCESS, SUPER]
    approval: { by: { group: dba }, within: 5m }
protected: { users: ['back*'] }
`;

const REAPERS = `reapers:
  - { name: idle, targets: ['*'], kill: connection, match: { user: 'app*', idle: 60s }, victims: all, mode: enforce }
  - { name: twice, targets: ['*'], kill: connection, match: { user: 'app*', idle: 60s }, victims: all, confirm: 5s, mode: enforce }
  - { name: busy, targets: ['*'], kill: query, match: { busy: 5s }, victims: all, escalateAfter: 3s, mode: enforce }
  - { name: no-transaction, targets: ['*'], kill: connection, match: { user: 'app*', inTransaction: false }, victims: all, mode: enforce }
  - { name: not-new, targets: ['*'], kill: connection, match: { user: 'app*', not: { transactionFor: 10s } }, victims: all, mode: enforce }
  - name: warned
    targets: ['*']
    kill: connection
    match: { user: 'app*', idle: 60s }
    victims: all
    warn: { channel: 'slack:ops', before: 60s, keep: 5m, extensions: 1 }
    mode: enforce
`;

/** The configurations that stories are told under. */
export const CONFIGURATIONS: readonly [WardenConfig, WardenConfig] = [
  parseConfig(ACCESS + REAPERS, 'simulation'),
  parseConfig(`${ACCESS}requireTags: true\n${REAPERS}`, 'simulation'),
];
