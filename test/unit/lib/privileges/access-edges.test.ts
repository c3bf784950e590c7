import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config/config.ts';
import type { Access } from '../../../../lib/privileges/access-rules.ts';
import { isMeant, mayUseTarget, resolveAccess, usersOf } from '../../../../lib/privileges/access-rules.ts';
import { isApproved, maybeSamePerson, termsOfApproval } from '../../../../lib/privileges/approval.ts';
import type { Principal } from '../../../../lib/privileges/principal.ts';
import { believeEmail } from '../../../../lib/privileges/principal.ts';

const person = (subject: string, over: Partial<Principal> = {}): Principal => ({
  source: 'jwt',
  subject,
  groups: [],
  claims: {},
  ...over,
});
const rulesOf = (yaml: string) => parseConfig(`access:\n${yaml}`, 'test').access;
const nobody = async () => ({ process: true, super: true });

describe('an access rule', () => {
  const fromDatabase = rulesOf(
    `  - { who: { sub: ann }, targets: ['*'], users: ['{team}'], privileges: from-database }`,
  );

  it('that asks the database for users of whom there are none gives nothing, and opens no target', async () => {
    expect(mayUseTarget(fromDatabase, person('ann'), 'shop')).toBe(false);
    const access = await resolveAccess(fromDatabase, person('ann'), 'shop', nobody);
    expect(access).toEqual({ process: false, super: false, users: [], fullStatements: false });
    const inTeam = person('ann', { claims: { team: 'app' } });
    expect(mayUseTarget(fromDatabase, inTeam, 'shop')).toBe(true);
    expect(await resolveAccess(fromDatabase, inTeam, 'shop', nobody)).toMatchObject({ process: true, super: true });
  });

  it('makes no one a server’s own user by a name at the issuer, and takes a name that is written out', async () => {
    const rules =
      rulesOf(`  - { who: { sub: '*' }, targets: ['*'], users: ['{email.local}', '{sub}'], privileges: from-database }
  - { who: { sub: eve }, targets: ['*'], users: [root] }`);
    const asked: (readonly string[])[] = [];
    const ask = async (users: readonly string[]) => {
      asked.push(users);
      return { process: true, super: true };
    };
    const named = (name: string) => person(name, { claims: { email: `${name}@example.com`, email_verified: 'true' } });
    for (const name of ['root', 'Root', 'mysql.sys', 'rdsadmin', 'sys', '__oceanbase_inner_drc_user'])
      expect(await resolveAccess(rules, named(name), 'shop', ask)).toEqual({
        ...{ process: false, super: false, users: [], fullStatements: false },
      });
    expect(asked).toEqual([]);
    expect(await resolveAccess(rules, named('eve'), 'shop', ask)).toMatchObject({
      super: true,
      users: ['eve', 'root'],
    });
    expect(asked).toEqual([['eve']]);
  });

  it('believes an email that the token calls verified, and otherwise only where the configuration does', () => {
    const rules = (issuer: string) => parseConfig(`identity: { emailVerified: ${issuer} }`, 'test');
    const by = (claims: Record<string, string>, issuer = 'required') =>
      usersOf(
        ['{email.local}'],
        believeEmail(person('ann', { claims: { email: 'ann@example.com', ...claims } }), rules(issuer).identity),
      );
    expect(by({ email_verified: 'true' })).toEqual(['ann']);
    for (const said of ['false', '', 'yes']) {
      expect(by({ email_verified: said })).toEqual([]);
      expect(by({ email_verified: said }, 'unless-false')).toEqual([]);
    }
    expect(by({})).toEqual([]);
    expect(by({}, 'unless-false')).toEqual(['ann']);
    const chat = person('ann', { source: 'slack', claims: { email: 'ann@example.com' } });
    expect(believeEmail(chat, rules('unless-false').identity)).toBe(chat);
  });

  it('without approval gives its users freely beside one that asks for approval', async () => {
    const rules = rulesOf(`  - { who: { sub: ann }, targets: ['*'], users: [ann] }
  - { who: { sub: ann }, targets: ['*'], users: [app], privileges: [SUPER], approval: { by: { group: dba }, within: 5m } }`);
    const access = await resolveAccess(rules, person('ann'), 'shop', nobody);
    expect(access).toMatchObject({
      super: true,
      users: ['ann', 'app'],
      withoutApproval: { super: false, users: ['ann'] },
    });
    expect(access.approvals).toEqual([{ super: true, users: ['app'], by: { group: 'dba' }, withinSeconds: 300 }]);
    expect(termsOfApproval(access, { user: 'ann' })).toEqual([]);
    expect(termsOfApproval(access, { user: 'app' })).toHaveLength(1);
  });

  it('for a chat means identities of that chat alone, any one of them', () => {
    const chat = { identities: ['T1/U1', 'T2/U2'], isMapped: true };
    expect(isMeant({ slack: 'T2/U2' }, person('ann', { source: 'slack', chat }))).toBe(true);
    expect(isMeant({ slack: 'T2/*' }, person('ann', { source: 'slack', chat }))).toBe(true);
    expect(isMeant({ feishu: '*' }, person('ann', { source: 'slack', chat }))).toBe(false);
    expect(isMeant({ slack: '*' }, person('ann', { chat }))).toBe(false);
    expect(isMeant({ slack: '*' }, person('ann', { source: 'slack' }))).toBe(false);
    expect(isMeant({ slack: '*' }, person('ann'))).toBe(false);
  });
});

describe('approval', () => {
  const access: Access = { process: true, super: true, users: [], fullStatements: false };
  const terms = (users: readonly string[], withinSeconds: number, all = false) => ({
    super: all,
    users,
    by: { group: 'dba' },
    withinSeconds,
  });

  it('is asked of the first rule that covers the session, and of it alone', () => {
    const approvals = [terms(['ann'], 60), terms(['app'], 120), terms([], 180, true)];
    expect(termsOfApproval({ ...access, approvals }, { user: 'app' })).toEqual([approvals[1]]);
    expect(termsOfApproval({ ...access, approvals }, { user: 'other' })).toEqual([approvals[2]]);
    expect(termsOfApproval({ ...access, approvals: [terms(['ann'], 60)] }, { user: 'app' })).toEqual([]);
    expect(termsOfApproval(access, { user: 'app' })).toEqual([]);
  });

  it('takes two people for two only where nothing says that they may be one', () => {
    const mapped = { identities: ['T/U'], isMapped: true };
    expect(maybeSamePerson(person('ann'), person('bob'))).toBe(false);
    expect(maybeSamePerson(person('ann'), person('ann'))).toBe(true);
    expect(maybeSamePerson(person('Ann'), person('aNN'))).toBe(true);
    expect(maybeSamePerson(person('a', { claims: { email: 'X@y.z' } }), person('x@Y.z'))).toBe(true);
    expect(maybeSamePerson(person('ann', { chat: mapped }), person('bob'))).toBe(false);
    expect(maybeSamePerson(person('ann', { chat: { ...mapped, isMapped: false } }), person('bob'))).toBe(true);
    expect(maybeSamePerson(person('bob'), person('ann', { chat: { ...mapped, isMapped: false } }))).toBe(true);
  });

  it('counts from someone whom the terms name, and who is another', () => {
    const by = terms([], 60);
    const dba = person('dora', { groups: ['dba'] });
    const app = { user: 'app' };
    const access: Access = { process: true, super: true, users: [], fullStatements: false };
    expect(isApproved(by, { requester: person('ann'), approver: dba, access }, app)).toBe(true);
    expect(isApproved(by, { requester: person('dora'), approver: dba, access }, app)).toBe(false);
    expect(isApproved(by, { requester: person('ann'), approver: person('bob'), access }, app)).toBe(false);
    expect(isApproved(by, undefined, app)).toBe(false);
  });
});

it.each([['@x.org'], ['ann@'], ['@'], ['ann'], ['a@b@c'], ['']])('no user comes of the email %j', (email) => {
  expect(usersOf(['{email.local}', '{email}', 'x{email}'], person('ann', { claims: { email } }))).toEqual([]);
});
