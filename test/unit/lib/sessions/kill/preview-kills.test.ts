import { describe, expect, it } from 'vitest';
import type { Demand } from '../../../../../lib/sessions/kill/judge.ts';
import { previewKills } from '../../../../../lib/sessions/kill/preview-kills.ts';
import type { KillKind, Session } from '../../../../../lib/sessions/session.ts';
import { sessionTag } from '../../../../../lib/sessions/tags.ts';
import { scriptedServices } from '../../../../support/scripted-services.ts';
import { aSession, running } from '../../reaper/a-session.ts';

const CONFIG = `protected: { users: [kept] }
requireTags: true
access:
  - { who: { sub: ops }, targets: ['*'], privileges: [PROCESS, SUPER] }
  - { who: { sub: ann }, targets: ['*'], privileges: [PROCESS], users: [ann] }
  - { who: { sub: bob }, targets: ['*'], users: [bob] }
  - { who: { sub: new }, targets: ['*'], privileges: [PROCESS, SUPER], approval: { by: { sub: ops }, within: 10m } }
  - { who: { sub: sup }, targets: ['*'], privileges: [SUPER] }
  - { who: { sub: dba }, targets: ['*'], privileges: from-database, users: [dba] }
`;

async function preview(
  rows: readonly Session[],
  { sub = 'ops', kind = 'connection' as KillKind, tag = null as string | null, record = true } = {},
) {
  const { services, audit, sent, database } = scriptedServices(CONFIG, { looks: [rows] });
  database.privilegesOf = async ([user]) => ({ process: user === 'dba', super: user === 'dba' });
  const principal = { source: 'jwt', subject: sub, groups: [], claims: { sub } } as const;
  const context = { principal, target: 'local', reason: 'why', correlationId: 'c', escalateAfter: null };
  const demand: Demand = { id: aSession().id, kind, tag };
  const [met] = await previewKills(services, context, [demand], record);
  expect(sent).toEqual([]);
  return { met, records: audit.records };
}
const busy = aSession({ command: 'Query', statement: running('SELECT 1') });

describe('what a kill would meet', () => {
  it('is nothing in its way, without a tag too, since a person has yet to see the session', async () => {
    const may = { may: 'kill', isVisible: true, rule: 'access[0] sub: ops' };
    expect((await preview([aSession()])).met).toEqual({ ...may, session: aSession() });
    expect((await preview([busy], { kind: 'query' })).met).toEqual({ ...may, session: busy });
  });

  it('is nothing in the way of one who may end it, and not view it', async () => {
    expect((await preview([aSession()], { sub: 'sup' })).met).toMatchObject({ may: 'kill', isVisible: false });
    const { met, records } = await preview([aSession({ user: 'kept' })], { sub: 'sup' });
    expect(met).toMatchObject({ may: 'not', error: { code: 'protected', detail: undefined } });
    expect(records).toMatchObject([{ sessionId: '42', user: null, sessionTag: null, detail: 'protected' }]);
  });

  it('is no statement', async () => {
    expect((await preview([aSession()], { kind: 'query' })).met).toEqual({ may: 'nothing-running' });
  });

  it('is someone’s approval, and on whose terms', async () => {
    const { met, records } = await preview([aSession()], { sub: 'new' });
    expect(met).toMatchObject({ may: 'ask', session: aSession(), terms: { by: { sub: 'ops' }, withinSeconds: 600 } });
    expect(records).toEqual([]);
  });

  it('is no approval where no one may end it', async () => {
    expect((await preview([aSession({ user: 'kept' })], { sub: 'new' })).met).toMatchObject({
      may: 'not',
      error: { code: 'protected' },
    });
  });

  it('is judged by what the database grants, where a rule says so', async () => {
    expect((await preview([aSession()], { sub: 'dba' })).met).toMatchObject({ may: 'kill' });
  });

  it('is a tag of another session, which goes on record, or a session that is gone', async () => {
    const tag = sessionTag(aSession({ host: '10.0.0.8:1' }));
    const [other, gone] = [await preview([aSession()], { tag }), await preview([])];
    expect(other.met).toMatchObject({ may: 'not', error: { code: 'tag-mismatch' } });
    expect(gone.met).toMatchObject({ may: 'not', error: { code: 'session-not-found' } });
    expect(other.records).toMatchObject([{ outcome: 'refused', detail: 'tag-mismatch' }]);
    expect(gone.records).toEqual([]);
    expect((await preview([aSession()], { tag, record: false })).records).toEqual([]);
  });

  it('is no target for a stranger, which goes on record where the kill was asked for', async () => {
    await expect(preview([aSession()], { sub: 'eve' })).rejects.toMatchObject({ code: 'target-not-found' });
  });

  it.each([
    ['protected', 'It has no user: it is the server’s own.', { user: null }, 'ops'],
    ['protected', 'The configuration protects its user.', { user: 'kept' }, 'ops'],
    ['identity-approximate', 'identity-approximate', { host: 'localhost' }, 'ops'],
    ['not-allowed', 'not-allowed', {}, 'ann'],
    ['session-not-found', 'session-not-found', {}, 'bob'],
  ] as const)('is a refusal, on record where the kill was asked for: %s, %s', async (code, detail, over, sub) => {
    const { met, records } = await preview([aSession(over)], { sub });
    expect(met).toMatchObject({ may: 'not', error: { code } });
    expect(records).toEqual([
      expect.objectContaining({ sessionId: '42', kind: 'connection', reason: 'why', outcome: 'refused', detail }),
    ]);
    expect((await preview([aSession(over)], { sub, record: false })).records).toEqual([]);
  });
});
