import { describe, expect, it } from 'vitest';
import { parseRule } from '../../../../lib/reaper/policy-schema.ts';
import { endByRule, planByRule, reapAsked } from '../../../../lib/reaper/reap-by-rule.ts';
import type { Session } from '../../../../lib/sessions/session.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';
import { aSession } from './a-session.ts';

const CONFIG = `limits: { killsPerMinute: 5 }
access:
  - { who: { sub: ops }, targets: ['*'], privileges: [PROCESS, SUPER] }
  - { who: { sub: view }, targets: ['*'], privileges: [PROCESS] }
  - { who: { sub: ann }, targets: ['*'], users: [ann] }
  - { who: { sub: asks }, targets: ['*'], privileges: [PROCESS, SUPER], approval: { by: { group: dba } } }
`;
const person = (subject: string, groups: readonly string[] = []) =>
  ({ source: 'jwt', subject, groups, claims: { sub: subject } }) as const;

const asleep = (id: string, user = 'app', time = 600) =>
  aSession({ id, user, command: 'Sleep', time, statement: null });
const ALL = [asleep('2', 'app', 700), asleep('3'), asleep('4', 'ann'), asleep('5', 'app', 20)];

/** A rule's plan, and its end a moment later, with what the server shows then. */
async function asked(
  sub: string,
  rule: unknown,
  { later = ALL, limit, stopped = false }: { later?: readonly Session[]; limit?: number; stopped?: boolean } = {},
) {
  const { services, audit, sent } = scriptedServices(CONFIG, { looks: [ALL, later, []] });
  const by = {
    principal: person(sub),
    target: 'local',
    rule,
    correlationId: 'c',
    ...(limit !== undefined && { limit }),
  };
  const plan = await reapAsked(services, by);
  const digest = plan.digest ?? '';
  const end = () => reapAsked({ ...services, stopped: async () => stopped }, { ...by, digest, reason: 'too many' });
  return { plan, end, services, audit, sent, by, digest };
}
const ids = (victims: readonly { readonly id: string }[]) => victims.map(({ id }) => id);
const IDLE = { match: { idle: '5m' } };

describe('a rule that comes with the call', () => {
  it('shows first, and ends who was shown, with record and reason', async () => {
    const { plan, end, audit, sent } = await asked('ops', { match: { idle: '5m', user: 'app' } });
    expect(plan).toMatchObject({ reaper: null, dryRun: true, kill: 'connection', held: null, sessions: 4 });
    expect(ids(plan.victims)).toEqual(['2', '3']);
    expect(audit.records).toEqual([]);
    const report = await end();
    expect(report.victims.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['2', 'terminated'],
      ['3', 'terminated'],
    ]);
    expect(report.digest).toBeNull();
    expect(sent.flatMap(({ victims }) => victims.map(({ compareActivity }) => compareActivity))).toEqual([true, true]);
    const by = {
      principal: { source: 'jwt', subject: 'ops' },
      reaper: null,
      rule: 'access[0] sub: ops',
      outcome: 'terminated',
    };
    expect(audit.records).toMatchObject([by, by]);
    expect(audit.records[0]?.reason).toMatch(/^too many; .*idle: 11m 40s, wanted 5m or more/);
  });

  it('ends no session that it did not show, though it matches by now', async () => {
    const { end } = await asked('ops', IDLE, { later: [...ALL.slice(0, 3), asleep('5', 'app', 320)] });
    const report = await end();
    expect(ids(report.victims)).toEqual(['2', '4', '3']);
    expect(report.spared).toContainEqual(
      expect.objectContaining({ id: '5', reason: expect.stringMatching(/^digest: /) }),
    );
  });

  it('spares who was shown and woke up, or is another by now under the same ID', async () => {
    const later = [asleep('2', 'app', 1), aSession({ ...asleep('3'), host: '10.9.9.9:1' }), asleep('4', 'ann')];
    const { end } = await asked('ops', IDLE, { later });
    expect(ids((await end()).victims)).toEqual(['4']);
  });

  it('about a statement spares who runs another one', async () => {
    const looks = ['SELECT 1', 'SELECT 2'].map((text) => [
      aSession({ id: '2', command: 'Query', statement: { text, digest: text, id: text, startedAt: 1 }, time: 90 }),
    ]);
    const { services, sent } = scriptedServices(CONFIG, { looks });
    const by = {
      principal: person('ops'),
      target: 'local',
      correlationId: 'c',
      rule: { kill: 'query', match: { busy: '1m' } },
    };
    const { digest } = await reapAsked(services, by);
    expect((await reapAsked(services, { ...by, digest: digest ?? '' })).victims).toEqual([]);
    expect(sent).toEqual([]);
  });

  it.each([
    ['another rule', { rule: { match: { idle: '4m' } } }],
    ['another limit', { limit: 2 }],
    ['another caller', { principal: person('view') }],
    ['another target', { target: 'other' }],
    ['no dry run', { digest: 'AAAAAAAAAAA' }],
    ['a digest that is cut off', { digest: 'AAAAAAAAAAAAAA' }],
  ])('takes no digest of %s', async (_, other) => {
    const { services, audit, sent } = scriptedServices(CONFIG, { looks: [ALL] }, ['local', 'other']);
    const by = { principal: person('ops'), target: 'local', rule: IDLE, correlationId: 'c' };
    const { digest } = await reapAsked(services, by);
    const wrong = reapAsked(services, { ...by, digest: digest ?? '', ...other });
    await expect(wrong).rejects.toMatchObject({ code: 'request-invalid', detail: expect.stringMatching(/^digest: /) });
    expect([sent, audit.records]).toEqual([[], []]);
  });

  it('without PROCESS and SUPER is about one’s own sessions, and tells of no other', async () => {
    const { plan, end } = await asked('ann', IDLE);
    expect(plan).toMatchObject({ sessions: 1, spared: [] });
    expect(ids(plan.victims)).toEqual(['4']);
    expect(ids((await end()).victims)).toEqual(['4']);
  });

  it('with PROCESS alone shows why it ends none', async () => {
    const { plan, end, sent } = await asked('view', IDLE);
    expect(plan.victims).toEqual([]);
    expect(plan.spared.filter(({ reason }) => reason.includes('not yours'))).toHaveLength(3);
    expect((await end()).victims).toEqual([]);
    expect(sent).toEqual([]);
  });

  it('ends only the first so many, oldest first, where the call says so', async () => {
    const { plan, end } = await asked('ops', IDLE, { limit: 1 });
    expect(ids(plan.victims)).toEqual(['2']);
    expect(ids((await end()).victims)).toEqual(['2']);
  });

  it('past its limit ends nothing, and says so on record', async () => {
    const { plan, end, audit, sent } = await asked('ops', { ...IDLE, limits: { perRun: 2 } });
    expect(plan.held).toBe('perRun: 3 victims, at most 2');
    expect(await end()).toMatchObject({ held: 'perRun: 3 victims, at most 2' });
    expect(audit.records).toMatchObject([{ outcome: 'refused', detail: 'perRun: 3 victims, at most 2', reaper: null }]);
    expect(sent).toEqual([]);
  });

  it('counts against what a person may end in a minute', async () => {
    const many = Array.from({ length: 6 }, (_, n) => asleep(`${n + 2}`));
    const { services, sent } = scriptedServices(CONFIG, { looks: [many] });
    const by = { principal: person('ops'), target: 'local', rule: IDLE, correlationId: 'c' };
    const { digest } = await reapAsked(services, by);
    const report = await reapAsked(services, { ...by, digest: digest ?? '' });
    expect(new Set(report.victims.map(({ code }) => code))).toEqual(new Set(['too-many-kills']));
    expect(sent).toEqual([]);
  });

  it.each([
    ['ops', 'kills-stopped', true],
    ['stranger', 'target-not-found', false],
  ])('refused to %s is on record (%s)', async (sub, code, stopped) => {
    const { services, audit, sent } = scriptedServices(CONFIG, { looks: [ALL] });
    const rule = parseRule(IDLE);
    const by = { principal: person('ops'), target: 'local', rule, limit: null, reason: null, correlationId: 'c' };
    const request = { ...by, principal: person(sub), digest: '' };
    if (sub === 'ops') request.digest = (await planByRule(services, by)).report.digest ?? '';
    else {
      // What a stranger could make up: the binding is no secret.
      const open = scriptedServices(CONFIG.replace('sub: ops', `sub: ${sub}`), { looks: [ALL] });
      request.digest = (await planByRule(open.services, request)).report.digest ?? '';
    }
    await expect(endByRule({ ...services, stopped: async () => stopped }, request)).rejects.toMatchObject({ code });
    expect(audit.records).toMatchObject([{ kind: 'reap', sessionId: null, outcome: 'refused', detail: code }]);
    expect(sent).toEqual([]);
  });

  it('shows what a second person must approve, and ends it once they have', async () => {
    const { services, audit } = scriptedServices(CONFIG, { looks: [ALL, ALL, ALL, []] });
    const by = { principal: person('asks'), target: 'local', correlationId: 'c', limit: null, reason: null };
    const request = { ...by, rule: parseRule(IDLE) };
    const plan = await planByRule(services, request);
    expect(plan.report.victims).toEqual([]);
    expect(plan.toApprove.map(({ session }) => session.id)).toEqual(['2', '4', '3']);
    const end = { ...request, digest: plan.report.approval?.digest ?? '' };
    expect((await endByRule(services, end)).victims).toEqual([]);
    const approver = person('dba', ['dba']);
    const report = await endByRule(services, { ...end, approver, approvalRequest: 'r' });
    expect(report.victims.map(({ outcome }) => outcome)).toEqual(['terminated', 'terminated', 'terminated']);
    expect(audit.records[0]).toMatchObject({ approver: { subject: 'dba' }, approvalRequest: 'r' });
  });
});

describe('a rule that cannot be read', () => {
  it.each([
    [{}, 'rule.match'],
    [{ match: {} }, 'rule.match: write at least one condition'],
    [{ match: { idle: 5 } }, 'rule.match.idle: write a duration'],
    [{ match: { idle: '5m' }, every: '5m' }, 'rule.every: is not known here'],
    [{ match: { idle: '5m', usr: 'app' } }, 'rule.match.usr: is not known here'],
    [{ match: { user: '/(/' } }, 'rule.match.user: the pattern cannot be read'],
    [{ match: { idle: '5m' }, limits: { perRun: 100_000 } }, 'rule.limits.perRun: write at most 10000'],
    [{ match: { idle: '5m' }, escalateAfter: '5s' }, 'rule.escalateAfter: escalateAfter goes with kill: query'],
    [{ match: { idle: '5m' }, ['a\u001b[1m'.repeat(99)]: 1 }, 'rule.a?[1ma?[1m'],
    [null, 'rule: '],
    ['all', 'rule: '],
  ])('names the field and quotes no value: %j', (rule, detail) => {
    expect(() => parseRule(rule)).toThrow(
      expect.objectContaining({ code: 'request-invalid', detail: expect.stringContaining(detail) }),
    );
  });
});
