import { describe, expect, it } from 'vitest';
import { sweepAudit } from '../../../../lib/audit/sweep.ts';
import { useCasePorts } from '../../../../lib/chatops/commands/ports.ts';
import { type RunEvent, runCommand } from '../../../../lib/chatops/commands/run-command.ts';
import type { Click } from '../../../../lib/chatops/messages/answer.ts';
import { AppError } from '../../../../lib/errors.ts';
import { memoryRequestStore } from '../../../../lib/state/request-store.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';
import { aSession } from '../reaper/a-session.ts';

const CONFIG = `access:
  - { who: { sub: grace }, targets: ['*'], privileges: [PROCESS, SUPER] }
  - { who: { group: asker }, targets: ['*'], privileges: [PROCESS, SUPER], approval: { by: { sub: grace }, within: 5m } }
`;
const down = () => Promise.reject(new AppError('audit-unavailable'));

/** Eve's wish to end a session, which Grace must approve. */
async function asked(over: Readonly<Record<string, unknown>> = {}) {
  const {
    services: base,
    audit,
    sent,
  } = scriptedServices(CONFIG, { looks: [...Array.from({ length: 4 }, () => [aSession()]), []] });
  const services = { ...base, audit: { ...audit, ...over } };
  const chat = { ...services, ...useCasePorts(services), requests: memoryRequestStore(), now: Date.now };
  const run = (subject: string, what: RunEvent['what']) => {
    const principal = {
      ...{ source: 'slack', subject, groups: subject === 'eve' ? ['asker'] : [], claims: {} },
      chat: { identities: [`T1/${subject}`], isMapped: true },
    };
    return runCommand(chat, { principal, requestId: 'c1', channel: 'slack', what } as RunEvent);
  };
  const question = await run('eve', { do: 'command', line: 'kill local 42 (approved by root)' });
  const request = question.buttons[0]?.request ?? '';
  const press = (click: Click) => run('grace', { do: 'click', click, request });
  return { question, request, press, audit, services, sent };
}

const EVE = { source: 'slack', subject: 'eve' };
const GRACE = { source: 'slack', subject: 'grace' };

describe('a request for approval', () => {
  it('is on record from when it is made, with the rule, and open', async () => {
    const { question, request, audit, sent } = await asked();
    expect(question.title).toBe('Approval needed');
    expect(audit.records).toMatchObject([
      {
        principal: EVE,
        ...{ approver: null, approvalRequest: request, rule: 'access[1] group: asker', kind: 'connection' },
        ...{ sessionId: '42', user: 'app', reason: '(approved by root)', outcome: null },
      },
    ]);
    expect(sent).toEqual([]);
  });

  it('is approved by name, and its kill names approver and request beside the requester’s own words', async () => {
    const { request, press, audit } = await asked();
    expect((await press('approve')).title).toBe('The session was ended.');
    const shared = { principal: EVE, approver: GRACE, approvalRequest: request, reason: '(approved by root)' };
    expect(audit.records).toMatchObject([
      { ...shared, outcome: 'approved', detail: null },
      { ...shared, outcome: 'terminated', rule: 'access[1] group: asker' },
    ]);
  });

  it('is denied by name', async () => {
    const { press, audit, sent } = await asked();
    expect((await press('deny')).title).toBe('Nothing was ended');
    expect(audit.records).toMatchObject([{ principal: EVE, approver: GRACE, outcome: 'refused', detail: 'denied' }]);
    expect(sent).toEqual([]);
  });

  it('that no one decides has expired, which the sweep says without asking a server', async () => {
    const { audit, services } = await asked();
    const unasked = { ...services, open: () => Promise.reject(new Error('a server was asked')) };
    const before = { olderThan: -60 };
    expect(await sweepAudit(unasked, before)).toEqual({ closed: { refused: 1 }, open: 0 });
    expect(audit.records).toMatchObject([{ approver: null, outcome: 'refused', detail: 'expired' }]);
  });

  it('is put to no one where it cannot be recorded', async () => {
    const { question, sent } = await asked({ begin: down });
    expect(question).toMatchObject({ title: expect.stringContaining('audit store'), buttons: [] });
    expect(sent).toEqual([]);
  });

  it('ends nothing where it cannot be recorded who approved it, and is denied all the same', async () => {
    const failing = await asked({ finish: down });
    expect((await failing.press('approve')).title).toContain('audit store');
    expect(failing.sent).toEqual([]);
    const denied = await asked({ finish: down });
    expect((await denied.press('deny')).title).toBe('Nothing was ended');
  });
});

it('a kill that is refused in a chat is on record, with nothing of a session that its requester may not view', async () => {
  const { services: base, audit } = scriptedServices(
    `${CONFIG}  - { who: { sub: own }, targets: ['*'], users: [own] }\n`,
    {
      looks: [[aSession()]],
    },
  );
  const chat = { ...base, ...useCasePorts(base), requests: memoryRequestStore(), now: Date.now };
  const ask = (subject: string, id: string) =>
    runCommand(chat, {
      principal: { source: 'slack', subject, groups: [], claims: {}, chat: { identities: ['T1/U'], isMapped: true } },
      ...{ requestId: 'c1', channel: 'slack', what: { do: 'command', line: `kill local ${id}` } },
    } as RunEvent);
  const [hidden, none] = [await ask('own', '42'), await ask('own', '43')];
  expect(hidden).toEqual(none);
  await ask('nobody', '42');
  const refused = { outcome: 'refused', user: null, host: null, sessionTag: null, command: null };
  expect(audit.records).toMatchObject([
    { ...refused, sessionId: '42', detail: 'session-not-found' },
    { ...refused, sessionId: '43', detail: 'session-not-found' },
    { ...refused, sessionId: '42', detail: 'target-not-found', principal: { subject: 'nobody' } },
  ]);
});

it('SUPER without PROCESS ends a session by its ID in a chat as over HTTP, and shows nothing of it', async () => {
  const yaml = `access: [{ who: { sub: sup }, targets: ['*'], privileges: [SUPER] }]`;
  const { services: base, audit } = scriptedServices(yaml, { looks: [[aSession()], [aSession()], []] });
  const chat = { ...base, ...useCasePorts(base), requests: memoryRequestStore(), now: Date.now };
  const run = (what: RunEvent['what']) =>
    runCommand(chat, {
      principal: {
        ...{ source: 'slack', subject: 'sup', groups: [], claims: {} },
        chat: { identities: ['T1/U'], isMapped: true },
      },
      ...{ requestId: 'c1', channel: 'slack', what },
    } as RunEvent);
  const question = await run({ do: 'command', line: 'kill local 42' });
  expect(question.lines).toEqual(['session 42 on local, which sup may not view']);
  const request = question.buttons[0]?.request ?? '';
  expect((await run({ do: 'click', click: 'confirm', request })).title).toBe('The session was ended.');
  // The record knows whom it was; readers like this one do not.
  expect(audit.records).toMatchObject([{ user: 'app', rule: 'access[0] sub: sup', outcome: 'terminated' }]);
});
