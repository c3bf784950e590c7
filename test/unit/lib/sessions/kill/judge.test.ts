import { describe, expect, it } from 'vitest';
import type { Access } from '../../../../../lib/privileges/access-rules.ts';
import type { Principal } from '../../../../../lib/privileges/principal.ts';
import { judge, type Rules, refusalOf } from '../../../../../lib/sessions/kill/judge.ts';
import { type KillKind, type Session, sessionId } from '../../../../../lib/sessions/session.ts';
import { sessionTag, statementTag } from '../../../../../lib/sessions/tags.ts';
import { aSession, running } from '../../reaper/a-session.ts';

const ALL: Access = { process: true, super: true, users: [], fullStatements: false };
const RULES: Rules = {
  access: ALL,
  needsPerson: false,
  requireTags: false,
  ownId: sessionId('1'),
  protectedUsers: ['kept'],
};
const person = (subject: string) => ({ source: 'jwt', subject, groups: [], claims: { sub: subject } }) as const;
const terms = { super: true, users: [], by: { sub: 'boss' }, withinSeconds: 60 };
const onApproval: Access = { ...ALL, approvals: [terms], withoutApproval: { super: false, users: [] } };

const asleep = aSession();
const busy = aSession({ command: 'Query', statement: running('SELECT 1') });

const verdict = (
  rows: readonly Session[],
  over: Partial<Rules> = {},
  { kind = 'connection' as KillKind, tag = null as string | null } = {},
) => judge(rows, { id: asleep.id, kind, tag }, { ...RULES, ...over });

describe('a demand', () => {
  it('is a kill of the session, or of the very statement that it runs', () => {
    expect(verdict([asleep])).toEqual({ do: 'kill', victim: { session: asleep, compareStatement: false } });
    expect(verdict([busy])).toEqual({ do: 'kill', victim: { session: busy, compareStatement: false } });
    expect(verdict([busy], {}, { kind: 'query' })).toEqual({
      do: 'kill',
      victim: { session: busy, compareStatement: true },
    });
  });

  it('to end the statement of one that runs none has nothing to do', () => {
    expect(verdict([asleep], {}, { kind: 'query' })).toEqual({ do: 'nothing-running', session: asleep });
  });

  it('for a session that there is not is answered so', () => {
    expect(verdict([])).toEqual({ do: 'no', code: 'session-not-found' });
  });

  it.each<[of: string, access: Partial<Access>]>([
    ['one who may neither view nor end', { process: false, super: false }],
    ['the owner of others', { process: false, super: false, users: ['web'] }],
  ])('of %s is refused as if there were no such session', (_title, access) => {
    const refused = { do: 'refused', session: null, code: 'session-not-found' };
    expect(verdict([asleep], { access: { ...ALL, ...access } })).toEqual(refused);
    expect(verdict([], { access: { ...ALL, ...access } })).toEqual(refused);
  });

  it('is judged by what the caller may end, whether or not it may view', () => {
    expect(verdict([asleep], { access: { ...ALL, process: false } })).toMatchObject({ do: 'kill' });
    expect(verdict([asleep], { access: { ...ALL, process: false, super: false, users: ['app'] } })).toMatchObject({
      do: 'kill',
    });
    expect(verdict([asleep], { access: { ...ALL, super: false } })).toEqual({
      do: 'refused',
      session: asleep,
      code: 'not-allowed',
    });
  });

  it('for an ID that several nodes list ends neither, and says so to one who may see any of them', () => {
    const twins = [asleep, aSession({ server: 's2', user: 'web' })];
    const several = { do: 'no', code: 'target-elsewhere', detail: expect.stringContaining('Several nodes') };
    expect(verdict(twins)).toEqual(several);
    const owner = (user: string) => ({ access: { ...ALL, process: false, super: false, users: [user] } });
    expect(verdict(twins, owner('web'))).toEqual(several);
    expect(verdict(twins, owner('other'))).toMatchObject({ code: 'session-not-found' });
  });

  it('for a protected session is refused, and told why', () => {
    expect(verdict([aSession({ user: 'kept' })])).toEqual({
      do: 'refused',
      session: aSession({ user: 'kept' }),
      code: 'protected',
      detail: 'The configuration protects its user.',
    });
    expect(verdict([asleep], { ownId: asleep.id })).toMatchObject({ code: 'protected' });
  });
});

describe('the refusal of a session that may be ended and not viewed', () => {
  const access = { ...ALL, process: false };

  it.each([
    ['protected', aSession({ user: 'kept' }), null, false],
    ['tag-required', asleep, null, true],
    ['tag-invalid', asleep, 'x', false],
    ['tag-mismatch', asleep, sessionTag(aSession({ host: 'h:1' })), false],
  ] as const)('has nothing of it, and not why: %s', (code, session, tag, requireTags) => {
    expect(verdict([session], { access, requireTags }, { tag })).toEqual({ do: 'refused', session: null, code });
  });

  it('where it has to be approved too', () => {
    expect(verdict([asleep], { access: { ...onApproval, process: false } })).toEqual({
      do: 'refused',
      session: null,
      code: 'approval-needed',
    });
  });
});

describe('a demand that has to be approved', () => {
  const refused = { do: 'refused', session: asleep, code: 'approval-needed' };
  const approvedBy = (approver: string) => ({
    access: onApproval,
    approval: { requester: person('ann'), approver: person(approver), access: ALL },
  });

  it('is refused until one who may has approved it', () => {
    expect(verdict([asleep], { access: onApproval })).toEqual(refused);
    expect(verdict([asleep], approvedBy('other'))).toEqual(refused);
    expect(verdict([asleep], approvedBy('boss'))).toMatchObject({ do: 'kill' });
  });

  it('is any that an agent asks for, whose person may be the one to approve, if they could do it alone', () => {
    const ann = { ...person('ann'), agent: 'claude-code/2.1' };
    const by = (approver: Principal, access: Access) => ({
      needsPerson: true,
      approval: { requester: ann, approver, access },
    });
    expect(verdict([asleep], { needsPerson: true })).toEqual(refused);
    expect(verdict([asleep], by(person('ann'), ALL))).toMatchObject({ do: 'kill' });
    expect(verdict([asleep], by(person('ann'), { ...ALL, super: false }))).toEqual(refused);
    expect(verdict([asleep], by(person('ann'), onApproval))).toEqual(refused);
    expect(verdict([asleep], by(ann, ALL))).toEqual(refused);
    const unmapped = { identities: ['T/U'], isMapped: false };
    expect(verdict([asleep], by({ ...person('T/U'), chat: unmapped }, ALL))).toEqual(refused);
  });

  it("is an agent's on the terms of the access rule, where it has some", () => {
    const over = { ...approvedBy('boss'), needsPerson: true };
    expect(verdict([asleep], over)).toMatchObject({ do: 'kill' });
    expect(verdict([asleep], { ...approvedBy('ann'), needsPerson: true })).toEqual(refused);
  });

  it('is free where some rule gives it without', () => {
    const own = { ...onApproval, withoutApproval: { super: false, users: ['app'] } };
    expect(verdict([asleep], { access: own })).toMatchObject({ do: 'kill' });
  });
});

describe('the tag of a demand', () => {
  const [ofSession, ofStatement] = [
    sessionTag(busy),
    busy.statement === null ? '' : statementTag(busy, busy.statement),
  ];
  const other = sessionTag(aSession({ host: 'h:1' }));

  it.each([
    ['connection', ofSession, { do: 'kill' }],
    ['connection', other, { do: 'refused', session: busy, code: 'tag-mismatch' }],
    ['connection', ofStatement, { do: 'refused', session: busy, code: 'tag-invalid' }],
    ['query', ofStatement, { do: 'kill' }],
    ['query', `${other}.${other}`, { do: 'refused', session: busy, code: 'tag-mismatch' }],
    ['query', ofSession, { do: 'refused', session: busy, code: 'tag-invalid' }],
  ] as const)('must stand for what is there now: %s %s', (kind, tag, expected) => {
    for (const requireTags of [false, true])
      expect(verdict([busy], { requireTags }, { kind, tag })).toMatchObject(expected);
  });

  it('ends nothing where the statement was told apart in another way, and does not say that it is another', () => {
    const told = busy.statement && statementTag(busy, { ...busy.statement, id: null });
    expect(verdict([busy], {}, { kind: 'query', tag: told })).toEqual({
      ...{ do: 'refused', session: busy, code: 'tag-mismatch' },
      detail: expect.stringContaining('cannot be determined whether it is the same one'),
    });
  });

  it('may be left out where the configuration does not ask for it', () => {
    expect(verdict([busy], { requireTags: true })).toEqual({ do: 'refused', session: busy, code: 'tag-required' });
    expect(verdict([busy], { requireTags: false })).toMatchObject({ do: 'kill' });
  });
});

it('a demand that there is nothing to do about is answered with code and detail', () => {
  expect(refusalOf({ do: 'no', code: 'target-elsewhere', detail: 'x' })).toMatchObject({
    code: 'target-elsewhere',
    detail: 'x',
  });
  expect(refusalOf({ do: 'refused', session: null, code: 'tag-invalid' }).detail).toBeUndefined();
});
