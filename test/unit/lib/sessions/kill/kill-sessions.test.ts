import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../../lib/errors.ts';
import { killSessions } from '../../../../../lib/sessions/kill/kill-sessions.ts';
import { sessionTag } from '../../../../../lib/sessions/tags.ts';
import { takeSamples } from '../../../../../lib/telemetry/samples.ts';
import { emitting } from '../../../../support/emitted.ts';
import { aSession, running } from '../../reaper/a-session.ts';
import { asked, end, mine } from '../asking-to-kill.ts';

emitting();

describe('many kills of one call', () => {
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
