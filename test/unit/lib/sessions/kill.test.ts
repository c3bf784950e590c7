import { describe, expect, it } from 'vitest';
import { createUrlDirectory } from '../../../../lib/credentials/database-url.ts';
import { AppError } from '../../../../lib/errors.ts';
import type { Principal } from '../../../../lib/privileges/principal.ts';
import { createServices } from '../../../../lib/services.ts';
import type { Demand } from '../../../../lib/sessions/judge.ts';
import { kill } from '../../../../lib/sessions/kill.ts';
import type { KillKind, Session } from '../../../../lib/sessions/session.ts';
import { sessionTag } from '../../../../lib/sessions/tags.ts';
import { memoryAuditStore } from '../../../support/memory-audit-store.ts';
import { operatorConfig } from '../../../support/operator-config.ts';
import { type Script, scriptedDatabase } from '../../../support/scripted-database.ts';
import { aSession, running } from '../reaper/a-session.ts';

const OPERATOR = { source: 'jwt', subject: 'ops', groups: ['operator'], claims: {} } as const;
const victim = aSession({ command: 'Query', statement: running('SELECT 1') });
const lost = new AppError('target-unreachable');

async function run(
  script: Script,
  kind: KillKind = 'connection',
  demands?: readonly Demand[],
  escalateAfter: number | null = null,
  principal: Principal = OPERATOR,
) {
  const audit = memoryAuditStore();
  const services = createServices(operatorConfig, createUrlDirectory(new Map()), audit);
  const { database, sent } = scriptedDatabase(script);
  const context = { principal, target: 'local', reason: null, correlationId: 'c', escalateAfter };
  const answers = await kill(services, database, context, demands ?? [{ id: victim.id, kind, tag: null }]);
  return { answers, answer: answers[0], sent, records: audit.records };
}
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

describe('an escalation', () => {
  it('that cannot be recorded ends nothing, and loses nothing that was done before', async () => {
    const audit = memoryAuditStore();
    const begin = () => Promise.reject(new AppError('audit-unavailable'));
    const services = createServices(operatorConfig, createUrlDirectory(new Map()), { ...audit, begin });
    const { database, sent } = scriptedDatabase({ looks: [rows(victim)] });
    const context = { principal: OPERATOR, target: 'local', reason: null, correlationId: 'c', escalateAfter: 1 };
    const answers = await kill(services, database, context, [{ id: victim.id, kind: 'query', tag: null }]);
    expect(answers[0]).toMatchObject({ outcome: 'pending' });
    expect(sent.map(({ kind }) => kind)).toEqual(['query']);
  });

  it('ends the session of the same statement only', async () => {
    const { answer, sent } = await run({ looks: [rows(victim)] }, 'query', undefined, 1);
    expect(answer).toMatchObject({ outcome: 'pending' });
    expect(sent.map(({ kind, victims }) => [kind, victims[0]?.compareStatement])).toEqual([
      ['query', true],
      ['connection', true],
    ]);
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
