import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { getSession } from '../../../../lib/sessions/get-session.ts';
import { sessionTag, statementTag } from '../../../../lib/sessions/tags.ts';
import type { Script, scriptedDatabase } from '../../../support/scripted-database.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';
import { aSession, aWait, running } from '../reaper/a-session.ts';

const CONFIG = `protected: { users: ['kept_*'] }
access:
  - { who: { sub: ops }, targets: ['*'], privileges: [PROCESS], statements: full }
  - { who: { sub: ann }, targets: ['*'], users: [ann] }
  - { who: { sub: dba }, targets: ['*'], privileges: from-database, users: [dba] }
`;
const KNOWN = { likely: false, lock: 'table metadata lock', reason: null, xa: [] };
type LockWaits = ReturnType<typeof scriptedDatabase>['database']['lockWaits'];

function get(looks: Script['looks'], sub = 'ops', full = false, lockWaits: LockWaits = async () => []) {
  const { services, database } = scriptedServices(CONFIG, { looks: looks ?? [] });
  database.lockWaits = lockWaits;
  const principal = { source: 'jwt', subject: sub, groups: [], claims: { sub } } as const;
  return getSession(services, { principal, target: 'local', id: aSession().id, full });
}

describe('one session', () => {
  it('is shown with all that its row tells', async () => {
    const told = {
      transaction: { id: 't', state: 'ACTIVE', time: 5 },
      tenant: 'shop',
      proxySessionId: '9007199254740993',
      proxy: '10.0.9.9:2883',
      observers: ['10.0.0.1:2882', '10.0.0.2:2882'],
      changes: null,
      state: 'init',
      command: 'Query',
      statement: running("SELECT 'x'"),
    };
    const session = aSession(told);
    expect(await get([[session]])).toEqual({
      ...told,
      id: '42',
      user: 'app',
      host: '10.0.0.7:53211',
      db: 'shop',
      time: 700,
      tag: sessionTag(session),
      statement: { text: 'SELECT ?', masked: true, tag: session.statement && statementTag(session, session.statement) },
      protected: false,
      warden: false,
      own: false,
      unknown: [],
      locks: { blocking: false, blocks: [], waitsFor: [] },
    });
  });

  it('keeps what is empty, what is not there and what is not known apart', async () => {
    expect(await get([[aSession({ state: '' })]])).toMatchObject({ statement: null, state: '', unknown: [] });
    expect(await get([[aSession({ state: null })]])).toMatchObject({ statement: null, state: null, unknown: [] });
    const transaction = { field: 'transaction', why: 'Our account lacks PROCESS.' } as const;
    const unknown = [transaction, { field: 'memory', why: 'No view shows it.' }] as const;
    expect(await get([[aSession({ unknown })]])).toMatchObject({ transaction: null, unknown: [transaction] });
  });

  it('is said to be protected, and to be the caller’s own', async () => {
    expect(await get([[aSession({ user: 'kept_1' })]])).toMatchObject({ protected: true, own: false });
    expect(await get([[aSession({ user: 'ann' })]], 'ann')).toMatchObject({ protected: false, own: true });
  });

  it('is shown to one whose users the database lets see all, where a rule says so', async () => {
    const { services, database } = scriptedServices(CONFIG, { looks: [[aSession()]] });
    database.privilegesOf = async ([user]) => ({ process: user === 'dba', super: false });
    const principal = { source: 'jwt', subject: 'dba', groups: [], claims: { sub: 'dba' } } as const;
    const asked = { principal, target: 'local', id: aSession().id, full: false };
    expect(await getSession(services, asked)).toMatchObject({ id: '42', own: false });
  });

  it('that the caller may not view is as one that there is not', async () => {
    for (const looks of [[[]], [[aSession()]]])
      await expect(get(looks, 'ann')).rejects.toEqual(expect.objectContaining({ code: 'session-not-found' }));
  });

  it('has its statement cut off after 1,024 characters, or whole', async () => {
    const textOf = async (text: string, full: boolean) =>
      (await get([[aSession({ statement: running(text) })]], 'ops', full)).statement;
    const [fits, long] = [`SELECT ${'a'.repeat(1_017)}`, `SELECT ${'a'.repeat(1_018)}`];
    expect(await textOf(fits, false)).toMatchObject({ text: fits, masked: true });
    expect(await textOf(long, false)).toMatchObject({ text: `${long.slice(0, 1_023)}…`, masked: true });
    expect(await textOf(long, true)).toMatchObject({ text: long, masked: false });
    expect(await textOf("SELECT 'x'", true)).toMatchObject({ text: "SELECT 'x'", masked: false });
  });
});

describe('the locks of one session', () => {
  const session = [[aSession()]];

  it('are those that it holds others up with, and those that it waits for', async () => {
    const waits = async () => [aWait('7', '42', 5), aWait('42', '8', null), aWait('1', '2', 3)];
    expect((await get(session, 'ops', false, waits)).locks).toEqual({
      blocking: true,
      blocks: [{ id: '7', seconds: 5, likely: false }],
      waitsFor: [{ id: '8', seconds: null, ...KNOWN }],
    });
  });

  it('name to those who may not view it neither a session that only may be the one, nor a transaction', async () => {
    const reason = 'Nobody knows.';
    const waits = async () => [
      aWait('42', '8', 4, { reason, likely: true }),
      aWait('42', '9', 4, { reason, likely: true }),
      aWait('42', null, 4, { reason: 'XA', xa: ["'x'"] }),
    ];
    const looks = [[aSession({ user: 'ann' }), aSession({ id: '8', user: 'ann' }), aSession({ id: '9' })]];
    const waitsFor = async (sub: string) => (await get(looks, sub, false, waits)).locks?.waitsFor;
    const from = { seconds: 4, lock: 'table metadata lock' };
    const [own, unseen] = [
      { ...from, id: '8', likely: true, reason, xa: [] },
      { ...from, reason, xa: [] },
    ];
    const xa = { ...from, id: null, likely: false, reason: 'XA' };
    expect(await waitsFor('ann')).toEqual([own, { ...unseen, id: null, likely: false }, { ...xa, xa: [] }]);
    expect(await waitsFor('ops')).toEqual([own, { ...unseen, id: '9', likely: true }, { ...xa, xa: ["'x'"] }]);
  });

  it('are unknown where the server tells no one, or not our account', async () => {
    const denied = () => Promise.reject(new AppError('target-privilege-missing'));
    for (const waits of [async () => null, denied]) expect((await get(session, 'ops', false, waits)).locks).toBeNull();
  });

  it.each([new AppError('target-timeout'), new TypeError('x')])(
    'are no reason to hide a failure: %s',
    async (error) => {
      await expect(get(session, 'ops', false, () => Promise.reject(error))).rejects.toBe(error);
    },
  );
});
