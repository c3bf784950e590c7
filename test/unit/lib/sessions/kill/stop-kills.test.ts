import { beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../../lib/config/config.ts';
import { AppError } from '../../../../../lib/errors.ts';
import { createServices, type Services } from '../../../../../lib/services.ts';
import { resumeKills, showStop, stopKills } from '../../../../../lib/sessions/kill/stop-kills.ts';
import { createUrlDirectory } from '../../../../../lib/targets/database-url.ts';
import { memoryAuditStore } from '../../../../support/memory-audit-store.ts';

const CONFIG = `access:
  - { who: { sub: ada }, targets: [shop], privileges: [PROCESS, SUPER] }
  - { who: { sub: ada }, targets: ['t*'], privileges: [SUPER] }
  - { who: { sub: bob }, targets: ['*'], privileges: [SUPER] }
  - { who: { sub: some }, targets: [shop], privileges: [PROCESS, SUPER] }
  - { who: { sub: view }, targets: ['*'], privileges: [PROCESS] }
  - { who: { sub: own }, targets: ['*'], users: [root_app], privileges: from-database }
`;
const STRANGERS = ['nobody', 'some', 'view', 'own'];

describe('every kill is stopped', () => {
  let audit: ReturnType<typeof memoryAuditStore>;
  let services: Services;
  const with_ = (yaml: string, targets = ['shop', 'toys']) => {
    const urls = new Map(targets.map((name) => [name, 'mysql://nobody@127.0.0.1:1']));
    return createServices(parseConfig(yaml, 'test'), createUrlDirectory(urls), audit);
  };
  beforeEach(() => {
    audit = memoryAuditStore();
    services = with_(CONFIG);
  });
  const as = (sub: string, reason = 'it went mad') => ({
    principal: { source: 'jwt' as const, subject: sub, groups: [], claims: { sub } },
    reason,
    correlationId: 'c',
  });
  const NOT = { stopped: false, by: null, reason: null, since: null };

  it('by who holds SUPER on every target, for as long as such a one wants, and both are on record', async () => {
    const stop = await stopKills(services, as('ada'));
    expect(stop).toEqual({
      stopped: true,
      by: { source: 'jwt', subject: 'ada' },
      reason: 'it went mad',
      since: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await services.stopped()).toBe(true);
    expect(await showStop(services, as('bob'))).toEqual(stop);
    expect(await resumeKills(services, as('bob', 'mended'))).toEqual(NOT);
    expect(await services.stopped()).toBe(false);
    const done = { target: '*', sessionId: null, outcome: 'done', proven: true };
    expect(audit.records).toMatchObject([
      { ...done, kind: 'stop', principal: { subject: 'ada' }, reason: 'it went mad' },
      { ...done, kind: 'resume', principal: { subject: 'bob' }, reason: 'mended' },
    ]);
  });

  it('once however often, with the first who did; the last to resume ends it for all', async () => {
    const first = await stopKills(services, as('ada'));
    expect(await stopKills(services, as('bob', 'me too'))).toEqual(first);
    expect(await resumeKills(services, as('bob'))).toEqual(NOT);
    expect(await resumeKills(services, as('ada'))).toEqual(NOT);
    expect(audit.records.map(({ kind, principal }) => `${principal.subject} ${kind}`)).toEqual([
      'ada stop',
      'bob stop',
      'bob resume',
      'ada resume',
    ]);
  });

  it.each(STRANGERS)('by no one else, who is on record, nor is it ended or shown: %s', async (sub) => {
    const refused = { code: 'privilege-needed' };
    await expect(stopKills(services, as(sub))).rejects.toMatchObject(refused);
    expect(await services.stopped()).toBe(false);
    await stopKills(services, as('ada'));
    await expect(resumeKills(services, as(sub))).rejects.toMatchObject(refused);
    await expect(showStop(services, as(sub))).rejects.toMatchObject(refused);
    expect(await services.stopped()).toBe(true);
    const attempt = { target: '*', outcome: 'refused', detail: 'privilege-needed', principal: { subject: sub } };
    expect(audit.records.filter(({ principal }) => principal.subject === sub)).toMatchObject([
      { ...attempt, kind: 'stop' },
      { ...attempt, kind: 'resume' },
    ]);
  });

  it('by no one where there is no target, for then no one holds anything', async () => {
    await expect(stopKills(with_(CONFIG, []), as('bob'))).rejects.toMatchObject({ code: 'privilege-needed' });
  });

  it('though it cannot be put on record; and not ended then', async () => {
    audit.begin = () => Promise.reject(new AppError('audit-unavailable'));
    await expect(stopKills(services, as('ada'))).rejects.toMatchObject({ code: 'audit-unavailable' });
    expect(await services.stopped()).toBe(true);
    await expect(resumeKills(services, as('ada'))).rejects.toMatchObject({ code: 'audit-unavailable' });
    expect(await services.stopped()).toBe(true);
  });

  it('by the configuration, which no one ends from outside', async () => {
    const always = with_(`stop: true\n${CONFIG}`);
    const view = { stopped: true, by: null, reason: 'stop: true in warden.yaml', since: null };
    expect(await showStop(always, as('ada'))).toEqual(view);
    expect(await resumeKills(always, as('ada'))).toEqual(view);
    expect(await always.stopped()).toBe(true);
  });
});
