import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../../lib/errors.ts';
import type { Session } from '../../../../../lib/sessions/session.ts';
import { sessionTag } from '../../../../../lib/sessions/tags.ts';
import { aSession, running } from '../../reaper/a-session.ts';
import { lost, run, victim } from '../running-a-kill.ts';

const rows = (...sessions: Session[]): readonly Session[] => sessions;

describe('a kill', () => {
  it('is terminated once the session has left the list', async () => {
    const { answer, records } = await run({ looks: [rows(victim), rows(victim), rows()] });
    expect(answer).toMatchObject({ outcome: 'terminated', proven: true });
    expect(records[0]).toMatchObject({ outcome: 'terminated' });
  });

  it('is pending where the server dies between KILL and look, and its intent is on record', async () => {
    const { answer, records } = await run({ looks: [rows(victim), lost] });
    expect(answer).toMatchObject({ outcome: 'pending', proven: false });
    expect(records).toHaveLength(1);
  });

  it('stays open on record where the server dies at the KILL itself', async () => {
    const { answer, records } = await run({ looks: [rows(victim)], replies: lost });
    expect(answer).toMatchObject({ code: 'target-unreachable', auditId: records[0]?.id });
    expect(records[0]).toMatchObject({ outcome: null });
  });

  it.each(['target-failed', 'target-full', 'target-timeout'] as const)(
    'stays open on record after %s in the packet of the KILLs, since some may have been taken',
    async (code) => {
      const { answer, records } = await run({ looks: [rows(victim)], replies: new AppError(code) });
      expect(answer).toMatchObject({ code, auditId: records[0]?.id });
      expect(records[0]).toMatchObject({ outcome: null });
    },
  );

  it('of one that the server lists and does not know lives elsewhere', async () => {
    expect((await run({ looks: [rows(victim)], replies: ['gone'] })).answer).toMatchObject({
      code: 'target-elsewhere',
    });
  });

  it('that the server keeps from our account says so, and failed on record', async () => {
    const { answer, records } = await run({ looks: [rows(victim)], replies: ['denied'] });
    expect(answer).toMatchObject({ code: 'target-privilege-missing' });
    expect(records[0]).toMatchObject({ outcome: 'failed', detail: 'target-privilege-missing' });
  });

  it('that compared unequal ended nothing: gone, or another by now', async () => {
    const other = aSession({ host: '10.0.0.9:1' });
    expect((await run({ looks: [rows(victim), rows()], replies: ['no-match'] })).answer).toMatchObject({
      outcome: 'already-gone',
    });
    expect((await run({ looks: [rows(victim), rows(other)], replies: ['no-match'] })).answer).toMatchObject({
      outcome: 'changed',
    });
  });

  it('of an ID that two nodes list ends neither', async () => {
    const twin = aSession({ server: 's2', command: 'Query', statement: running('SELECT 2') });
    for (const tag of [null, sessionTag(victim), sessionTag(twin)]) {
      const { answer, sent, records } = await run({ looks: [rows(victim, twin)] }, 'connection', [
        { id: victim.id, kind: 'connection', tag },
      ]);
      expect(answer).toMatchObject({ code: 'target-elsewhere' });
      expect([sent, records]).toEqual([[], []]);
    }
  });

  it('of an ID that two nodes list tells one who may see neither nothing of them', async () => {
    const stranger = { source: 'jwt', subject: 'eve', groups: [], claims: { sub: 'eve' } } as const;
    const twins = rows(victim, aSession({ server: 's2' }));
    const { answer } = await run({ looks: [twins] }, 'connection', undefined, null, stranger);
    expect(answer).toMatchObject({ code: 'session-not-found' });
    expect(answer).not.toMatchObject({ detail: expect.anything() });
  });

  it('is named by the server’s own record of the statement', async () => {
    for (const [record, outcome] of [
      ['cut', 'query-cancelled'],
      ['ended-itself', 'already-gone'],
      ['cut-another', 'cut-another'],
    ] as const)
      expect((await run({ looks: [rows(victim)], records: [record] }, 'query')).answer).toMatchObject({
        outcome,
        proven: true,
      });
  });
});

describe('many kills', () => {
  it('get an answer each, in their order, whatever becomes of the others', async () => {
    const second = aSession({ id: '43' });
    const demands = [
      { id: aSession({ id: '99' }).id, kind: 'connection', tag: null },
      { id: victim.id, kind: 'connection', tag: null },
      { id: second.id, kind: 'connection', tag: sessionTag(victim) },
    ] as const;
    const { answers, sent } = await run({ looks: [rows(victim, second), rows()] }, 'connection', demands);
    expect(answers.map((answer) => ('outcome' in answer ? answer.outcome : answer.code))).toEqual([
      'session-not-found',
      'terminated',
      'tag-mismatch',
    ]);
    expect(sent.flatMap(({ victims }) => victims.map(({ session }) => session.id))).toEqual(['42']);
  });
});
