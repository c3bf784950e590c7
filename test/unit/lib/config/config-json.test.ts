import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config/config.ts';
import { fromConfigJson, toConfigJson } from '../../../../lib/config/config-json.ts';
import { LOCAL_DEFAULT } from '../../../../local/default-config.ts';

const FULL = `
access:
  - { who: { group: dba }, targets: ['*'], privileges: [PROCESS, SUPER], statements: full, approval: { by: { group: lead } } }
  - { who: { claim: { team: a } }, targets: ['a-*'], users: ['{sub}'], privileges: from-database }
protected: { users: [backup] }
requireTags: true
timeouts: { connect: 1.5 }
chat: { webhooks: { nightly: { groups: [dba] } } }
reapers:
  - name: idle
    every: 5 minutes
    targets: ['*']
    kill: query
    escalateAfter: 5s
    match: { user: [/^app/, x], idle: 10m, any: [{ inTransaction: true }, { not: { db: y } }], memory: 1GiB }
    when: { connectionsUsed: 80% }
    limits: { share: 25% }
    until: '2020-01-01'
`;

describe('the configuration of deployed functions', () => {
  it.each([
    ['everything', parseConfig(FULL, 'warden.yaml', { allowExpired: true })],
    ['the default of one machine', LOCAL_DEFAULT],
    ['nothing', parseConfig('access: []', 'warden.yaml')],
  ])('is read as it was validated: %s', (_, config) => {
    expect(fromConfigJson(toConfigJson(config), 'warden.json')).toEqual(JSON.parse(JSON.stringify(config)));
    expect(fromConfigJson(toConfigJson(config), 'warden.json')).toEqual(config);
  });

  it.each([
    ['{"format":2,"config":{}}', 'not of format 1'],
    ['{"config":{}}', 'not of format 1'],
    ['null', 'not of format 1'],
    ['{"format":1}', 'without a configuration'],
    ['{"format":1,"config":null}', 'without a configuration'],
    ['access: []', 'not JSON'],
  ])('is refused where it is %s', (text, why) => {
    expect(() => fromConfigJson(text, 'warden.json')).toThrow(
      expect.objectContaining({
        code: 'configuration-invalid',
        detail: `warden.json: ${why}: deploy functions and file together.`,
      }),
    );
  });
});
