import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHandler as killConnection } from '../../../../../functions/kill-connection.ts';
import { createHandler as killMany } from '../../../../../functions/kill-sessions.ts';
import { createHandler as reapNow } from '../../../../../functions/preview-reap.ts';
import { parseConfig } from '../../../../../lib/config/config.ts';
import { runScheduled } from '../../../../../lib/reaper/reap.ts';
import { killSession } from '../../../../../lib/sessions/kill/kill.ts';
import { type KillCounter, memoryKillCounter, refuseTooMany } from '../../../../../lib/sessions/kill/kill-limit.ts';
import { type SessionId, sessionId } from '../../../../../lib/sessions/session.ts';
import { killCounterContract } from '../../../../contract/kill-counter.contract.ts';
import { anEvent, bodyOf } from '../../../../support/http-event.ts';
import { scriptedServices } from '../../../../support/scripted-services.ts';
import { aSession } from '../../reaper/a-session.ts';
import { CONTEXT, carriedOut, orders } from '../an-order.ts';

killCounterContract('in memory', async () => memoryKillCounter());

const YAML = `access:
  - who: { sub: '*' }
    targets: ['*']
    privileges: [PROCESS, SUPER]
limits: { killsPerMinute: 3 }
reapers:
  - { name: all, every: 1m, targets: ['*'], kill: connection, match: { user: app }, victims: all, mode: enforce }
`;
const config = parseConfig(YAML, 'test');
const rows = ['41', '42', '43', '44'].map((id) => aSession({ id, user: 'app' }));
const claims = (sub: string) => ({ requestContext: { authorizer: { jwt: { claims: { sub } } } } });
const bulk = (ids: readonly string[], sub = 'ada') =>
  anEvent({
    ...claims(sub),
    pathParameters: { target: 'local' },
    body: JSON.stringify({ kills: ids.map((id) => ({ id, kind: 'connection' })) }),
  });

/** Services over sessions that are gone once they were sent a KILL. */
function whereTheyEnd() {
  const made = scriptedServices(YAML, {});
  const gone = new Set<string>();
  const { compareAndKill } = made.database;
  const living = async () => rows.filter(({ id }) => !gone.has(id));
  Object.assign(made.database, {
    find: async (ids: readonly string[]) => (await living()).filter(({ id }) => ids.includes(id)),
    list: living,
    compareAndKill: (victims: Parameters<typeof compareAndKill>[0], kind: 'connection' | 'query') => {
      for (const { session } of victims) gone.add(session.id);
      return compareAndKill.call(made.database, victims, kind);
    },
  });
  return made;
}

// No test may cross into the next minute.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-29T10:00:10Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a limit of kills a minute', () => {
  it('lets nothing be sent past it, and records each as refused, with when to come again', async () => {
    const { batches, answers, records } = await carriedOut(orders(4, 'connection'), {}, {}, CONTEXT, { config });
    expect(batches).toEqual([]);
    expect(records).toMatchObject(Array(4).fill({ outcome: 'refused', detail: 'too-many-kills' }));
    for (const answer of answers)
      expect(answer).toMatchObject({ code: 'too-many-kills', status: 429, retryAfter: expect.any(Number) });
  });

  it('sends nothing where kills cannot be counted, and says so on record', async () => {
    const killCounter = { take: () => Promise.reject(new Error('no table')) };
    const { batches, answers, records } = await carriedOut(orders(1, 'query'), {}, {}, CONTEXT, {
      config,
      killCounter,
    });
    expect(batches).toEqual([]);
    expect(answers).toMatchObject([{ code: 'state-unavailable', detail: expect.stringContaining('Nothing was sent') }]);
    expect(records).toMatchObject([{ outcome: 'failed', detail: 'state-unavailable' }]);
  });

  it('is counted over calls and kinds, by HTTP and in bulk, and for each principal', async () => {
    const { services, audit, sent } = whereTheyEnd();
    const many = killMany(async () => services);
    const codes = async (event: Record<string, unknown>) =>
      (bodyOf(await many(event))['results'] as readonly { readonly code: string | null }[]).map(({ code }) => code);

    expect(await codes(bulk(['41', '42']))).toEqual([null, null]);
    expect(await codes(bulk(['43', '44']))).toEqual(['too-many-kills', 'too-many-kills']);
    const single = async (sub: string, id: string) =>
      killConnection(async () => services)(anEvent({ ...claims(sub), pathParameters: { target: 'local', id } }));
    expect((await single('ada', '43')).statusCode).toBe(200);
    const last = await single('ada', '44');
    expect([last.statusCode, bodyOf(last)]).toMatchObject([429, { code: 'too-many-kills' }]);
    expect((await single('bob', '44')).statusCode).toBe(200);
    expect(sent.flatMap(({ victims }) => victims.map(({ session }) => session.id))).toEqual(['41', '42', '43', '44']);
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
    expect(audit.records.filter(({ detail }) => detail === 'too-many-kills')).toHaveLength(3);
  });

  it('holds for a person who runs a reaper, and for one who asks in a chat; the schedule has limits of its own', async () => {
    const made = scriptedServices(YAML, { looks: [rows] });
    const event = { ...anEvent(claims('ada')), pathParameters: { target: 'local' } };
    await reapNow(async () => made.services)({ ...event, body: JSON.stringify({ reaper: 'all', dryRun: false }) });
    expect([made.sent.length, made.audit.records[0]?.detail]).toEqual([0, 'too-many-kills']);

    const inChat = whereTheyEnd();
    const principal = { source: 'slack', subject: 'ada', groups: [], claims: {} } as const;
    const one = { target: 'local', principal, kind: 'connection', tag: null, reason: null } as const;
    const asked = (id: SessionId) =>
      killSession(inChat.services, { ...one, id, correlationId: 'c', escalateAfter: null }).catch(({ code }) => code);
    for (const id of ['41', '42', '43']) await asked(sessionId(id));
    expect([await asked(sessionId('44')), inChat.sent.length]).toEqual(['too-many-kills', 3]);

    const bySchedule = whereTheyEnd();
    await runScheduled(bySchedule.services, { target: 'local', reaper: 'all' });
    expect(bySchedule.sent).toHaveLength(1);
  });

  it('begins again with each minute of the clock, and says when that is', async () => {
    const killCounter = memoryKillCounter(() => 0);
    const ask = (kills: number, now: number) =>
      refuseTooMany({ config, killCounter }, { source: 'jwt', subject: 'ada' }, kills, now);
    await ask(3, 59_000);
    await expect(ask(1, 59_500)).rejects.toMatchObject({ code: 'too-many-kills', retryAfter: 0.5 });
    await ask(3, 60_000);
  });

  it('asks for nothing if there is nothing', async () => {
    const killCounter: KillCounter = { take: () => Promise.reject(new Error('asked')) };
    await refuseTooMany({ config, killCounter }, { source: 'jwt', subject: 'ada' }, 0);
    await refuseTooMany({ config, killCounter }, { source: 'schedule', subject: 'all' }, 9);
  });

  it('of memory forgets what no one asks for any more', async () => {
    let time = 0;
    const counter = memoryKillCounter(() => time);
    await counter.take('ada', 10, 10, 60);
    time = 60_000;
    expect(await counter.take('ada', 10, 10, 60)).toBe(true);
  });
});
