import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config/config.ts';
import type { AccessRule } from '../../../../lib/config/config-schema.ts';
import {
  type Access,
  isOwn,
  mayEnd,
  mayUseTarget,
  mayView,
  resolveAccess,
} from '../../../../lib/privileges/access-rules.ts';
import type { Principal } from '../../../../lib/privileges/principal.ts';
import { LOCAL_DEFAULT } from '../../../../local/default-config.ts';

const ann = (more: Partial<Principal> = {}): Principal => ({
  source: 'jwt',
  subject: 'ann',
  groups: ['payments'],
  claims: { email: 'ann.lee@example.com', email_verified: 'true', team: 'x' },
  ...more,
});
const rules = (yaml: string) => parseConfig(`access:\n${yaml}`, 'warden.yaml').access;
const rule = (who: string, rest = 'privileges: [PROCESS]') => rules(`- { who: ${who}, targets: ['pay-*'], ${rest} }`);
const unasked = async () => {
  throw new Error('the database was asked');
};
const accessOf = (list: readonly AccessRule[], principal = ann(), ask: Parameters<typeof resolveAccess>[3] = unasked) =>
  resolveAccess(list, principal, 'pay-1', ask);

const NOTHING = { process: false, super: false, users: [], fullStatements: false };

describe('who a rule is for', () => {
  const role = 'arn:aws:iam::123456789012:role/App';
  it.each([
    ['{ sub: ann }', ann(), true],
    ['{ sub: an* }', ann(), true],
    ['{ sub: Ann }', ann(), false],
    ['{ group: payments }', ann(), true],
    ["{ group: '*' }", ann({ groups: [] }), false],
    ["{ email: '*@example.com' }", ann(), true],
    ["{ email: '*@example.com' }", ann({ claims: {} }), false],
    ["{ email: '*@example.com' }", ann({ claims: { email: 'a@example.com' } }), false],
    ["{ email: '*@example.com' }", ann({ claims: { email: 'a@example.com', email_verified: 'false' } }), false],
    ["{ email: '*@example.com' }", ann({ claims: { email: 'a@example.com', email_verified: '' } }), false],
    ["{ email: '*@example.com' }", ann({ claims: { email: 'a@example.com', email_verified: 'true' } }), true],
    ["{ email: '*@example.com' }", ann({ claims: { email: 'a@evil.com@example.com' } }), false],
    ["{ claim: { email: '*' } }", ann({ claims: { email: 'a@example.com', email_verified: 'false' } }), false],
    ['{ claim: { team: x } }', ann(), true],
    ['{ claim: { team: x, level: y } }', ann(), false],
    ["{ claim: { toString: '*' } }", ann(), false],
    ['{ sub: ann, group: dba }', ann(), false],
    ['{ sub: ann, group: payments }', ann(), true],
    [`{ role: '${role}' }`, ann({ source: 'iam', subject: role }), true],
    [`{ role: '${role}' }`, ann({ source: 'jwt', subject: role }), false],
    [`{ role: 'arn:aws:iam::123456789012:role/A*' }`, ann({ source: 'iam', subject: role }), true],
    ["{ sub: '*' }", ann({ subject: '' }), false],
  ])('%s for %j: %s', async (who, principal, expected) => {
    expect((await accessOf(rule(who), principal)).process).toBe(expected);
    expect(mayUseTarget(rule(who), principal, 'pay-1')).toBe(expected);
  });

  it('is no one where the rule says nothing about it, even past the schema', async () => {
    const [first] = rule('{ sub: ann }');
    const open = [
      { ...(first as AccessRule), who: {} },
      { ...(first as AccessRule), who: { claim: {} } },
    ];
    expect(await accessOf(open)).toEqual(NOTHING);
  });

  it('is no one on other targets', async () => {
    expect(await resolveAccess(rule('{ sub: ann }'), ann(), 'hr-1', unasked)).toEqual(NOTHING);
    expect(mayUseTarget(rule('{ sub: ann }'), ann(), 'hr-1')).toBe(false);
  });
});

describe('what rules give', () => {
  it('is nothing without a rule', async () => {
    expect(await accessOf([])).toEqual(NOTHING);
    expect(mayUseTarget([], ann(), 'pay-1')).toBe(false);
  });

  it('is the union of those that match', async () => {
    const list = rules(`
- { who: { sub: ann }, targets: ['*'], privileges: [PROCESS], users: [a, b] }
- { who: { group: payments }, targets: ['pay-1'], privileges: [SUPER], users: [b, c], statements: full }
- { who: { group: dba }, targets: ['*'], users: [root] }
`);
    const all = { process: true, super: true, users: ['a', 'b', 'c'], fullStatements: true };
    expect(await accessOf(list)).toEqual({
      ...all,
      grants: [
        { rule: 'access[0] sub: ann', super: false, users: ['a', 'b'], needsApproval: false },
        { rule: 'access[1] group: payments', super: true, users: ['b', 'c'], needsApproval: false },
      ],
    });
  });

  it.each([
    ["'{sub}'", {}, ['ann']],
    ["'{email}'", {}, ['ann.lee@example.com']],
    ["'{email.local}'", {}, ['ann.lee']],
    ["'app_{team}'", {}, ['app_x']],
    ["'{nobody}'", {}, []],
    ["'app_{nobody}'", {}, []],
    ["'{constructor}'", {}, []],
    ["'app_{team}'", { claims: { team: '' } }, []],
    ["'{email.local}'", { claims: {} }, []],
    ["'{email.local}'", { claims: { email: 'root' } }, []],
    ["'{email.local}'", { claims: { email: '@example.com' } }, []],
    ["'{email.local}'", { claims: { email: 'root@evil.com@example.com' } }, []],
    ["'{email.local}'", { claims: { email: 'root@example.com', email_verified: 'false' } }, []],
    ["'{sub}'", { subject: '*' }, ['*']],
    ["'{sub}'", { subject: '{email}' }, ['{email}']],
    ["'{sub}'", { subject: '$&' }, ['$&']],
  ])('users: [%s] for %j are %j', async (template, more, expected) => {
    const list = rule("{ sub: '*' }", `users: [${template}]`);
    expect((await accessOf(list, ann(more))).users).toEqual(expected);
    expect(mayUseTarget(list, ann(more), 'pay-1')).toBe(expected.length > 0);
  });

  it('asks the database with the users of the rule that says so, and of no other', async () => {
    const asked: (readonly string[])[] = [];
    const ask = async (users: readonly string[]) => {
      asked.push(users);
      return { process: true, super: false };
    };
    const list = rules(`
- { who: { sub: ann }, targets: ['*'], users: [root] }
- { who: { sub: ann }, targets: ['*'], users: ['{email.local}', '{nobody}'], privileges: from-database }
- { who: { sub: ann }, targets: ['*'], users: ['{nobody}'], privileges: from-database }
- { who: { sub: bob }, targets: ['*'], users: [bob], privileges: from-database }
`);
    expect(await accessOf(list, ann(), ask)).toMatchObject({ process: true, super: false, users: ['root', 'ann.lee'] });
    expect(asked).toEqual([['ann.lee']]);
  });

  it('is an error where the database cannot be asked', async () => {
    const list = rule('{ sub: ann }', 'users: [a], privileges: from-database');
    await expect(accessOf(list)).rejects.toThrow('the database was asked');
  });

  it('lets full statements alone open no target', () => {
    expect(mayUseTarget(rule('{ sub: ann }', 'statements: full'), ann(), 'pay-1')).toBe(false);
  });
});

describe('the default of one machine', () => {
  const on = (principal: Principal) => resolveAccess(LOCAL_DEFAULT.access, principal, 'local', unasked);
  it('lets operators do everything, and others what is theirs', async () => {
    const all = { process: true, super: true, users: ['ann'], fullStatements: true };
    expect(await on(ann({ groups: ['operator'] }))).toMatchObject(all);
    expect(await on(ann())).toMatchObject({ ...NOTHING, users: ['ann'] });
  });
});

// "With PROCESS you view all sessions. With SUPER you terminate all sessions and statements. Otherwise you view and
// terminate only your own."
const SENTENCE = [
  { process: false, super: false, own: false, view: false, end: false },
  { process: false, super: false, own: true, view: true, end: true },
  { process: true, super: false, own: false, view: true, end: false },
  { process: true, super: false, own: true, view: true, end: true },
  { process: false, super: true, own: false, view: false, end: true },
  { process: false, super: true, own: true, view: true, end: true },
  { process: true, super: true, own: false, view: true, end: true },
  { process: true, super: true, own: true, view: true, end: true },
];

const name = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text.trim() !== '' && text !== 'NULL');
const names = fc.uniqueArray(name, { maxLength: 4 });

describe('the seed rule', () => {
  it.each(SENTENCE)('PROCESS $process, SUPER $super, own $own: view $view, end $end', (row) => {
    fc.assert(
      fc.property(names, name, fc.boolean(), (others, user, fullStatements) => {
        const strangers = others.filter((other) => other !== user);
        const users = row.own ? [...strangers, user] : strangers;
        const access: Access = { process: row.process, super: row.super, users, fullStatements };
        expect(isOwn(access, { user })).toBe(row.own);
        expect(mayView(access, { user })).toBe(row.view);
        expect(mayEnd(access, { user })).toBe(row.end);
      }),
    );
  });

  it.each([[null], ['']])('makes a session with the user %j no one’s own', (user) => {
    const access: Access = { process: false, super: false, users: ['', ' ', 'NULL', 'null'], fullStatements: false };
    expect(isOwn(access, { user })).toBe(false);
    expect(mayView(access, { user })).toBe(false);
    expect(mayEnd(access, { user })).toBe(false);
  });

  it.each([['App'], ['app '], ['app2'], ['ap'], ['ａpp']])('does not take %j for app', (user) => {
    const access: Access = { process: false, super: false, users: ['app', '*'], fullStatements: false };
    expect(isOwn(access, { user })).toBe(false);
  });
});
