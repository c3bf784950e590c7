import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config/config.ts';
import { AppError } from '../../../../lib/errors.ts';

function detailOf(text: string): string {
  try {
    parseConfig(text, 'warden.yaml');
  } catch (error) {
    if (error instanceof AppError && error.code === 'configuration-invalid') return error.detail ?? '';
    throw error;
  }
  return 'valid';
}

const rule = (line: string) => `access:\n  - who: { sub: ann }\n    targets: ['*']\n    ${line}\n`;

describe('a configuration', () => {
  it('has every default', () => {
    expect(parseConfig('access: []', 'warden.yaml')).toEqual({
      access: [],
      chat: { people: [], webhooks: {}, alerts: {} },
      protected: { users: [] },
      agents: { approval: 'required', clients: [], roles: [] },
      requireTags: false,
      stop: false,
      reapers: [],
      tls: {},
      timeouts: { connect: 3, statement: 10, overall: 20 },
      limits: { connectionsPerTarget: 4, killsPerMinute: 1000, waitSeconds: 5 },
    });
    expect(parseConfig('access: [{ who: { group: dba }, targets: [a] }]', 'x').access[0]).toEqual({
      who: { group: 'dba' },
      targets: ['a'],
      privileges: [],
      users: [],
      statements: 'masked',
    });
  });

  it('takes everything that there is', () => {
    const text = `
access:
  - who:
      sub: 'a*'
      email: '*@example.com'
      group: dba
      role: 'arn:aws:iam::123456789012:role/DBA'
      claim: { team: x }
    targets: ['*-prod']
    privileges: from-database
    users: ['{email.local}', app]
    statements: full
protected: { users: ['backup*'] }
requireTags: true
agents: { approval: by-rule, clients: ['claude-*'], roles: ['arn:aws:iam::123456789012:role/Agent'] }
chat: { approvals: 'slack:ops' }
timeouts: { connect: 0.5, statement: 5, overall: 25 }
`;
    expect(detailOf(text)).toBe('valid');
  });

  it.each([
    ['an unknown field', 'access: []\nacces: []\n', 'warden.yaml:2:', '`acces`'],
    ['an unknown field of a rule', rule('user: [app]'), 'warden.yaml:4: access[0]:', '`user`'],
    [
      'an unknown field of who',
      'access:\n  - targets: [a]\n    who:\n      sub: a\n      users: b\n',
      ':5:',
      '`users`',
    ],
    ['a repeated key', 'requireTags: true\naccess: []\nrequireTags: false\n', 'warden.yaml:3:', 'unique'],
    ['a who of nobody', "access:\n  - targets: ['*']\n    who: {}\n", 'warden.yaml:3: access[0].who:', 'at least one'],
    [
      'a claim of nothing',
      'access:\n  - targets: [a]\n    who: { claim: {} }\n',
      ':3: access[0].who.claim:',
      'at least one',
    ],
    [
      'the claim __proto__',
      'access:\n  - targets: [a]\n    who: { claim: { __proto__: x, a: b } }\n',
      ':3:',
      '__proto__',
    ],
    ['a missing who', "access:\n  - targets: ['*']\n", 'warden.yaml:2: access[0].who:', 'whom'],
    [
      'no targets',
      'access:\n  - who: { sub: a }\n    targets: []\n',
      'warden.yaml:3: access[0].targets:',
      'at least one',
    ],
    ['a misspelt privilege', rule('privileges: [PROCES]'), ':4: access[0].privileges:', 'PROCESS and SUPER'],
    ['a lower-case privilege', rule('privileges: [super]'), ':4:', 'PROCESS and SUPER'],
    ['a glob in a user', rule("users: ['app*']"), 'warden.yaml:4: access[0].users[0]:', 'no `*`'],
    ['an open brace in a user', rule("users: ['{sub']"), ':4: access[0].users[0]:', '{sub}'],
    ['a number for a name', rule('users: [1]'), ':4: access[0].users[0]:', 'quotes'],
    [
      'a role with its session',
      "access:\n- who: { role: 'arn:aws:sts::123456789012:assumed-role/A/s' }\n",
      ':2:',
      'account',
    ],
    ['a role of any account', "access:\n- who: { role: 'arn:aws:iam::*:role/A' }\n", ':2:', 'account'],
    ['too long a time', 'timeouts:\n  connect: 3\n  overall: 30\n', 'warden.yaml:3: timeouts.overall:', '25'],
    ['no time', 'timeouts:\n  connect: 0\n', 'warden.yaml:2: timeouts.connect:', 'more than 0'],
    ['an endless time', 'timeouts:\n  connect: .inf\n', ':2:', 'seconds'],
    ['a text for yes', "requireTags: 'yes'\n", 'warden.yaml:1: requireTags:', 'true or false'],
    ['an empty file', '', 'warden.yaml:1:', 'access: []'],
    ['a list', '- a\n', 'warden.yaml:1:', 'access: []'],
    ['no YAML', 'access: [\n', 'warden.yaml:', 'YAML'],
    ['two documents', 'access: []\n---\naccess: []\n', 'warden.yaml:2:', 'documents'],
    ['an unknown tag', 'access: !js []\n', 'warden.yaml:1:', 'tag'],
    ['an alias of nothing', 'access: *x\n', 'warden.yaml:1:', 'alias'],
    ['a key that is no text', '? [a]\n: b\n', 'warden.yaml:1:', 'YAML'],
  ])('refuses %s with its line and what to write', (_, text, place, sentence) => {
    expect(detailOf(text)).toContain(place);
    expect(detailOf(text)).toContain(sentence);
  });

  it('quotes no value in an error', () => {
    expect(detailOf(rule("statements: 'hunter2'"))).not.toContain('hunter2');
    expect(detailOf('access: "hunter2')).not.toContain('hunter2');
  });

  it('names the first five of many errors', () => {
    const text = `timeouts: { connect: a, statement: b, overall: c }\nrequireTags: 1\naccess: 1\nprotected: 1\n`;
    expect(detailOf(text).split('\n')).toHaveLength(6);
    expect(detailOf(text)).toContain('and 1 more');
  });
});
