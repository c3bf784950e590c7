import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../../lib/errors.ts';
import { killSessions } from '../../../../../lib/sessions/kill/kill.ts';
import type { Session } from '../../../../../lib/sessions/session.ts';
import { sessionTag } from '../../../../../lib/sessions/tags.ts';
import { takeSamples } from '../../../../../lib/telemetry/samples.ts';
import { emitting } from '../../../../support/emitted.ts';
import { aSession, running } from '../../reaper/a-session.ts';
import { asked, end, mine } from '../asking-to-kill.ts';
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

describe('many kills of one call', () => {
  emitting();

  it('are answered each by itself, in their order', async () => {
    const rows = [
      mine('8'),
      aSession({ id: '2' }),
      mine('3', { user: 'kept' }),
      mine('4'),
      mine('5', { command: 'Query', statement: running('SELECT 1') }),
      mine('6'),
    ];
    const { services, audit, context } = asked({ looks: [rows, []] });
    const kills = [
      end('8'),
      end('2'),
      end('3'),
      end('4', { tag: sessionTag(mine('8')) }),
      end('5', { kind: 'query' }),
      end('6', { kind: 'query' }),
      end('7'),
    ];

    const { target, results } = await killSessions(services, { ...context, kills });

    expect(target).toBe('local');
    const recorded = (id: string) => audit.records.find(({ sessionId }) => sessionId === id)?.id ?? 'none';
    const none = { identity: null, proven: false };
    expect(results).toEqual([
      {
        id: '8',
        kind: 'connection',
        outcome: 'terminated',
        identity: 'exact',
        proven: true,
        auditId: recorded('8'),
        code: null,
      },
      { id: '2', kind: 'connection', outcome: 'refused', ...none, auditId: recorded('2'), code: 'not-allowed' },
      { id: '3', kind: 'connection', outcome: 'refused', ...none, auditId: recorded('3'), code: 'protected' },
      { id: '4', kind: 'connection', outcome: 'changed', ...none, auditId: recorded('4'), code: 'tag-mismatch' },
      {
        id: '5',
        kind: 'query',
        outcome: 'query-cancelled',
        identity: 'exact',
        proven: false,
        auditId: recorded('5'),
        code: null,
      },
      {
        id: '6',
        kind: 'query',
        outcome: 'nothing-running',
        identity: 'exact',
        proven: true,
        auditId: null,
        code: null,
      },
      { id: '7', kind: 'connection', outcome: null, ...none, auditId: null, code: 'session-not-found' },
    ]);
    const samples = takeSamples();
    const failures = samples.filter(({ name }) => name === 'Refusals' || name === 'Errors');
    expect(failures.map(({ dimensions, values }) => [dimensions['code'], values[0]]).sort()).toEqual([
      ['not-allowed', 1],
      ['protected', 1],
      ['session-not-found', 1],
      ['tag-mismatch', 1],
    ]);
    const outcomes = samples.filter(({ name }) => name === 'Kills');
    expect(Object.fromEntries(outcomes.map(({ dimensions, values }) => [dimensions['outcome'], values[0]]))).toEqual({
      terminated: 1,
      'query-cancelled': 1,
      'nothing-running': 1,
      refused: 3,
    });
  });

  it('end the others where the server does not show one in full', async () => {
    const { services, sent, context } = asked({
      looks: [[mine('8', { command: 'Busy', readInPart: true }), mine('9')], []],
    });
    const kills = [end('8'), end('9'), end('8', { kind: 'query' })];
    const { results } = await killSessions(services, { ...context, kills });
    expect(results.map(({ outcome, code }) => code ?? outcome)).toEqual([
      'target-timeout',
      'terminated',
      'target-timeout',
    ]);
    expect(sent.map(({ victims }) => victims.map(({ session }) => session.id))).toEqual([['9']]);
  });

  it('ask the server once for each session', async () => {
    const { services, database, context } = asked({ looks: [[mine('8'), mine('9')], []] });
    const { find } = database;
    const ids: unknown[] = [];
    database.find = (wanted) => {
      ids.push(wanted);
      return find(wanted);
    };
    await killSessions(services, { ...context, kills: [end('8', { kind: 'query' }), end('8'), end('9')] });
    expect(ids[0]).toEqual(['8', '9']);
  });

  it('have their refusals on record though nothing else could be recorded', async () => {
    const { services, audit, sent, context } = asked({ looks: [[mine('8'), aSession({ id: '2' })]] });
    let call = 0;
    const beginAll: typeof audit.beginAll = async (intents) => {
      call += 1;
      if (call > 1) throw new AppError('audit-unavailable');
      await new Promise((done) => setTimeout(done, 5));
      return audit.beginAll(intents);
    };
    const kills = killSessions(
      { ...services, audit: { ...audit, beginAll } },
      { ...context, kills: [end('8'), end('2')] },
    );
    await expect(kills).rejects.toMatchObject({ code: 'audit-unavailable' });
    expect(audit.records).toMatchObject([{ sessionId: '2', outcome: 'refused' }]);
    expect(sent).toEqual([]);
  });

  it('need someone’s approval where a rule says so, and go on record as refused', async () => {
    const { services, audit, sent, context } = asked({ looks: [[aSession({ id: '2' })]] }, 'new');
    const { results } = await killSessions(services, { ...context, kills: [end('2')] });
    expect(results).toMatchObject([{ outcome: 'refused', code: 'approval-needed', auditId: audit.records[0]?.id }]);
    expect(sent).toEqual([]);
  });
});
