import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../../lib/errors.ts';
import { killSession, killSessions } from '../../../../../lib/sessions/kill/kill.ts';
import { aSession } from '../../reaper/a-session.ts';
import { asked, end, mine } from '../asking-to-kill.ts';

describe('one kill', () => {
  it('is answered with what became of it', async () => {
    const { services, audit, context } = asked({ looks: [[mine('8')], []] });
    expect(await killSession(services, { ...context, ...end('8'), escalateAfter: null })).toEqual({
      target: 'local',
      id: '8',
      kind: 'connection',
      outcome: 'terminated',
      identity: 'exact',
      proven: true,
      auditId: audit.records[0]?.id,
      hint: null,
    });
  });

  it('of a session that runs nothing says what to do, and records nothing', async () => {
    const { services, audit, context } = asked({ looks: [[mine('8', { host: 'localhost' })]] });
    const kill = { ...context, ...end('8', { kind: 'query' }), escalateAfter: null };
    expect(await killSession(services, kill)).toEqual({
      target: 'local',
      id: '8',
      kind: 'query',
      outcome: 'nothing-running',
      identity: 'approximate',
      proven: true,
      auditId: null,
      hint: 'The session runs no statement now. To end the session itself, end its connection.',
    });
    expect(audit.records).toEqual([]);
  });

  it('of a session that has left the process list claims no proof that it runs nothing', async () => {
    const { services, context } = asked({ looks: [[mine('8', { lingering: true })]] });
    const kill = { ...context, ...end('8', { kind: 'query' }), escalateAfter: null };
    const { outcome, proven, hint } = await killSession(services, kill);
    expect({ outcome, proven }).toEqual({ outcome: 'nothing-running', proven: false });
    expect(hint).toMatch(/has left the process list/);
  });

  it('that is refused is an error that names its record', async () => {
    const { services, audit, context } = asked({ looks: [[mine('3', { user: 'kept' })]] });
    const error = await killSession(services, { ...context, ...end('3'), escalateAfter: null }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({
      code: 'protected',
      detail: 'The configuration protects its user.',
      auditId: audit.records[0]?.id,
    });
    expect(audit.records).toMatchObject([
      { sessionId: '3', outcome: 'refused', proven: false, detail: 'The configuration protects its user.' },
    ]);
  });

  it('is refused as before where the refusal cannot be recorded', async () => {
    const down = () => Promise.reject(new AppError('audit-unavailable'));
    for (const broken of [
      { beginAll: down },
      { finishAll: down },
      { finishAll: async (ends: ReadonlyMap<string, unknown>) => [...ends.keys()] },
    ]) {
      const { services, audit, context } = asked({ looks: [[mine('3', { user: 'kept' })]] });
      const kill = { ...context, ...end('3'), escalateAfter: null };
      const error = await killSession({ ...services, audit: { ...audit, ...broken } }, kill).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'protected' });
      expect(error).not.toHaveProperty('auditId', expect.any(String));
    }
  });

  it('is judged again with the person who approved it', async () => {
    const approvedBy = async (sub: string) => {
      const { services, context } = asked({ looks: [[aSession({ id: '8' })], []] }, 'new');
      const approver = { source: 'jwt', subject: sub, groups: [], claims: { sub } } as const;
      return killSession(services, { ...context, ...end('8'), approver, escalateAfter: null });
    };
    await expect(approvedBy('ann')).resolves.toMatchObject({ outcome: 'terminated' });
    await expect(approvedBy('new')).rejects.toMatchObject({ code: 'approval-needed' });
  });

  it('is let in by what the database grants, where a rule says so', async () => {
    const granted = async (superior: boolean) => {
      const { services, database, context } = asked({ looks: [[aSession({ id: '8' })], []] }, 'dba');
      database.privilegesOf = async (users) => ({ process: true, super: superior && users.includes('dba') });
      return killSession(services, { ...context, ...end('8'), escalateAfter: null });
    };
    await expect(granted(true)).resolves.toMatchObject({ outcome: 'terminated' });
    await expect(granted(false)).rejects.toMatchObject({ code: 'not-allowed' });
  });

  it('of a session that may not be known of is on record, and its answer does not say where', async () => {
    const { services, database, audit, context } = asked({ looks: [[aSession({ id: '8' })]] }, 'dba');
    database.privilegesOf = async () => ({ process: false, super: false });
    const kill = killSession(services, { ...context, ...end('8'), escalateAfter: null });
    const error = await kill.catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'session-not-found', auditId: undefined });
    const nothing = { user: null, host: null, db: null, command: null, time: null, statement: null };
    expect(audit.records).toMatchObject([
      { sessionId: '8', outcome: 'refused', detail: 'session-not-found', sessionTag: null, identity: null, ...nothing },
    ]);
  });

  it('by a stranger to the target, and while all kills are stopped, is on record with what was asked for', async () => {
    for (const [sub, stop, code] of [
      ['eve', false, 'target-not-found'],
      ['ann', true, 'kills-stopped'],
    ] as const) {
      const { services, audit, sent, context } = asked({ looks: [[mine('8')]] }, sub);
      const stopped = { ...services, stopped: async () => stop };
      const kills = [end('8'), end('9', { kind: 'query' })];
      await expect(killSession(stopped, { ...context, ...end('8'), escalateAfter: null })).rejects.toMatchObject({
        code,
      });
      await expect(killSessions(stopped, { ...context, kills })).rejects.toMatchObject({ code });
      const refused = { principal: { subject: sub }, outcome: 'refused', detail: code, user: null, sessionTag: null };
      expect(audit.records).toMatchObject([
        { ...refused, sessionId: '8', kind: 'connection' },
        { ...refused, sessionId: '8', kind: 'connection' },
        { ...refused, sessionId: '9', kind: 'query' },
      ]);
      expect(sent).toEqual([]);
    }
  });

  it('is on record with the rule that lets it: the one that needs no approval', async () => {
    const { services, audit, context } = asked({ looks: [[mine('8')], []] });
    await killSession(services, { ...context, ...end('8'), escalateAfter: null });
    expect(audit.records).toMatchObject([{ rule: 'access[0] sub: ann', approver: null, outcome: 'terminated' }]);
  });

  it('opens its connection as one that kills, which goes before those that look', async () => {
    const { services, database, context } = asked({ looks: [[mine('8')], []] });
    const opened: unknown[] = [];
    const open: typeof services.open = async (...args) => {
      opened.push(args.slice(1));
      return database;
    };
    await killSession({ ...services, open }, { ...context, ...end('8'), escalateAfter: null });
    await killSessions({ ...services, open }, { ...context, kills: [] });
    expect(opened).toEqual([
      ['c', 'kill'],
      ['c', 'kill'],
    ]);
  });

  it('is sent nowhere while all kills are stopped', async () => {
    const { services, sent, context } = asked({ looks: [[mine('8')]] });
    const stopped = { ...services, stopped: async () => true };
    await expect(killSession(stopped, { ...context, ...end('8'), escalateAfter: null })).rejects.toMatchObject({
      code: 'kills-stopped',
    });
    expect(sent).toEqual([]);
  });
});
