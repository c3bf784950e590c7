import { describe, expect, it } from 'vitest';
import { principalFromChat } from '../../../../lib/chatops/principal-from-chat.ts';
import { parseConfig } from '../../../../lib/config/config.ts';
import { resolveAccess } from '../../../../lib/privileges/access-rules.ts';
import { isApproved, maybeSamePerson, ruleThatLets, termsOfApproval } from '../../../../lib/privileges/approval.ts';
import type { Principal } from '../../../../lib/privileges/principal.ts';
import { chatConfig } from '../../../support/chat/chat-config.ts';

const config = chatConfig();
const slack = (user: string) =>
  principalFromChat(config, { channel: 'slack', enterprise: null, tenant: 'T0001', user }) as Principal;
const feishu = (user: string) =>
  principalFromChat(config, { channel: 'feishu', enterprise: null, tenant: 'tenant1', user }) as Principal;
const NOTHING = { process: false, super: false, users: [], fullStatements: false };
const none = async () => ({ process: false, super: false });
const termsFor = async (principal: Principal, rules = config.access) =>
  termsOfApproval(await resolveAccess(rules, principal, 'local', none), { user: 'app' });

describe('approval', () => {
  it('is asked for where only a rule with approval lets end, and not where another rule does freely', async () => {
    expect(await termsFor(slack('U0EVE'))).toMatchObject([{ by: { group: 'operator' }, withinSeconds: 300 }]);
    expect(await termsFor(slack('U0ADA'))).toEqual([]);
    expect(await termsFor({ ...slack('U0EVE'), groups: ['asker', 'operator'] })).toEqual([]);
  });

  it('comes from another person whom the rule names, and from no other', async () => {
    const [terms] = await termsFor(slack('U0EVE'));
    const by = (approver: Principal, requester = slack('U0EVE')) =>
      terms !== undefined && isApproved(terms, { requester, approver, access: NOTHING }, { user: 'app' });
    expect(by(slack('U0ADA'))).toBe(true);
    expect(by(feishu('ou_grace'))).toBe(true);
    expect(by(slack('U0LINUS'))).toBe(false);
    expect(by(slack('U0ADA'), feishu('ou_ada'))).toBe(false);
    expect(by(slack('U0ADA'), slack('U0RULE'))).toBe(false);
    expect(terms !== undefined && isApproved(terms, undefined, { user: 'app' })).toBe(false);
  });

  it('takes two chats of one person for one, by the table or by what the table says of both', () => {
    expect(maybeSamePerson(slack('U0BOTH'), feishu('ou_both'))).toBe(true);
    const one = { ...slack('U0ADA'), claims: { email: 'Ada@example.com' } };
    expect(maybeSamePerson(one, { ...slack('U0GRACE'), claims: { email: 'ada@EXAMPLE.com' } })).toBe(true);
    expect(maybeSamePerson(one, { ...slack('U0GRACE'), subject: 'ada@example.com' })).toBe(true);
    expect(maybeSamePerson(one, slack('U0GRACE'))).toBe(false);
  });
});

describe('a chat identity', () => {
  it('is no one without the table or a rule that names it', () => {
    expect(slack('U0NOBODY')).toBeUndefined();
    expect(
      principalFromChat(config, { channel: 'slack', enterprise: null, tenant: 'T0002', user: 'U0ADA' }),
    ).toBeUndefined();
    expect(
      principalFromChat(config, { channel: 'webhook', enterprise: null, tenant: 'webhook', user: '__proto__' }),
    ).toBeUndefined();
  });

  it('is itself where only a rule names it, and the person of the table otherwise', () => {
    expect(slack('U0RULE')).toMatchObject({ subject: 'T0001/U0RULE', groups: [], chat: { isMapped: false } });
    expect(slack('U0ADA')).toMatchObject({ subject: 'ada', groups: ['operator'], chat: { isMapped: true } });
  });

  it('is in the table once, and is written as IDs', () => {
    const table = (people: string) => () => parseConfig(`chat: { people: [${people}] }`, 'test');
    expect(table('{ subject: a, slack: T1/U1 }, { subject: b, slack: T1/U2 }')).not.toThrow();
    for (const people of [
      '{ subject: a, slack: T1/U1 }, { subject: b, slack: T1/U1 }',
      '{ subject: a, slack: ada }',
      "{ subject: a, slack: 'T1/*' }",
    ])
      expect(table(people)).toThrow(expect.objectContaining({ code: 'configuration-invalid' }));
  });
});

describe('the rule that lets someone end a session', () => {
  const { access } = parseConfig(
    `access:
  - { who: { sub: ann }, targets: ['*'], privileges: [SUPER], approval: { by: { sub: boss } } }
  - { who: { sub: ann }, targets: ['*'], privileges: [PROCESS], users: [app] }
  - { who: { sub: ann, claim: { team: pay } }, targets: ['*'], privileges: from-database, users: [dba] }`,
    'test',
  );
  const ann = (claims = {}): Principal => ({ source: 'jwt', subject: 'ann', groups: [], claims });
  const lets = async (user: string | null, claims = {}, held = { process: false, super: false }) =>
    ruleThatLets(await resolveAccess(access, ann(claims), 'shop', async () => held), { user });

  it('is the one that gives it without approval, else the one with, by its place and whom it is for', async () => {
    expect(await lets('app')).toBe('access[1] sub: ann');
    expect(await lets('other')).toBe('access[0] sub: ann');
    expect(await lets('dba', { team: 'pay' })).toBe('access[2] sub: ann, claim: {"team":"pay"}');
  });

  it('is one that asks the database only where the database says so', async () => {
    const held = { process: true, super: true };
    expect(await lets('other', { team: 'pay' }, held)).toBe('access[2] sub: ann, claim: {"team":"pay"}');
    expect(await lets('other', {}, held)).toBe('access[0] sub: ann');
  });

  it('is none where none lets', async () => {
    const rules = parseConfig(`access: [{ who: { sub: ann }, targets: ['*'], privileges: [PROCESS] }]`, 'test').access;
    expect(ruleThatLets(await resolveAccess(rules, ann(), 'shop', none), { user: 'app' })).toBeNull();
  });
});
