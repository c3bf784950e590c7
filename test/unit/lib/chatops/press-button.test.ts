import { beforeEach, describe, expect, it } from 'vitest';
import { buttonFor } from '../../../../lib/chatops/commands/command-call.ts';
import type { CommandServices, Extension } from '../../../../lib/chatops/ports.ts';
import { principalFromChat } from '../../../../lib/chatops/principal-from-chat.ts';
import { reportOf, warningOf } from '../../../../lib/chatops/report.ts';
import { runCommand } from '../../../../lib/chatops/run-command.ts';
import { parseRunEvent, type RunEvent } from '../../../../lib/chatops/run-event.ts';
import { type ChatRequest, memoryRequestStore } from '../../../../lib/chatops/stores/request-store.ts';
import type { Principal } from '../../../../lib/privileges/principal.ts';
import { chatConfig } from '../../../support/chat/chat-config.ts';
import { memoryAuditStore } from '../../../support/memory-audit-store.ts';

const config = chatConfig();
const START = Date.parse('2026-11-24T03:00:00Z');
let now = START;
let opened = 0;
let ran: unknown[] = [];
const requests = memoryRequestStore(() => now);
/** No database here: any SQL counts. */
const services: CommandServices = {
  config,
  requests,
  now: () => now,
  audit: memoryAuditStore(),
  targets: {
    list: async () => [{ name: 'local' }],
    find: async (name) => ({ name }),
    candidates: async function* () {},
  },
  open: async () => {
    opened += 1;
    throw new Error('no database');
  },
  reapNow: {
    plan: async () => [],
    run: async (call) => [ran.push(call)].map(() => ({ id: '42', outcome: 'terminated' }) as never),
  },
  keepVictim: async (extension: Extension) => {
    ran.push(extension);
    return 'kept';
  },
};
beforeEach(() => {
  now = START;
  opened = 0;
  ran = [];
});

const slack = (user: string) =>
  principalFromChat(config, { channel: 'slack', enterprise: null, tenant: 'T0001', user }) as Principal;
const dingtalk = principalFromChat(config, {
  channel: 'dingtalk',
  enterprise: null,
  tenant: 'ding1',
  user: 'ada01',
}) as Principal;
const ID = 'r'.repeat(22);
const store = async (over: Partial<ChatRequest> = {}): Promise<void> =>
  requests.putAll([
    {
      id: ID,
      wanted: { do: 'reap', target: 'local', rule: 'idle', victims: [{ id: '42', tag: 't' }] },
      about: '1 session',
      requester: slack('U0ADA'),
      approvers: null,
      reason: null,
      expiresAt: START + 60_000,
      state: 'open',
      decidedBy: null,
      ...over,
    },
  ]);
const event = (principal: Principal, what: RunEvent['what']): RunEvent =>
  parseRunEvent(JSON.parse(JSON.stringify({ principal, requestId: 'r1', channel: 'slack', what })));
const press = (principal: Principal, click: 'confirm' | 'approve' | 'deny' | 'keep', request = ID) =>
  runCommand(services, event(principal, { do: 'click', click, request }));

describe('a button', () => {
  it('does what it is for once, for who asked', async () => {
    await store();
    expect(await press(slack('U0ADA'), 'confirm')).toMatchObject({
      title: '1 of 1 ended',
      buttons: [],
      replaces: true,
    });
    expect(ran).toMatchObject([{ rule: 'idle', victims: [{ id: '42', tag: 't' }] }]);
    expect((await press(slack('U0ADA'), 'confirm')).title).toBe('Already decided by ada');
    expect(ran).toHaveLength(1);
  });

  it.each([
    ['somebody else', slack('U0GRACE'), 'confirm', {}, 'put to somebody else'],
    [
      'its requester while it needs approval',
      slack('U0ADA'),
      'confirm',
      { approvers: { group: 'operator' } },
      'second person',
    ],
    ['its requester as approver', slack('U0ADA'), 'approve', { approvers: { group: 'operator' } }, 'Somebody else'],
    [
      'somebody whom the rule does not name',
      slack('U0LINUS'),
      'approve',
      { approvers: { group: 'operator' } },
      'may not approve',
    ],
    ['anybody, approving what needs none', slack('U0GRACE'), 'approve', {}, 'not valid'],
    ['anybody, once it has expired', slack('U0ADA'), 'confirm', { expiresAt: START }, 'expired'],
    [
      'an approver, once it has expired',
      slack('U0GRACE'),
      'approve',
      { approvers: { group: 'operator' }, expiresAt: START },
      'expired',
    ],
    ['a platform that does not sign its body', dingtalk, 'confirm', {}, 'may not do this'],
    ['a keep button on a reap', slack('U0ADA'), 'keep', {}, 'not valid'],
  ] as const)('does nothing for %s', async (_who, principal, click, over, words) => {
    await store(over);
    expect((await press(principal, click)).title).toContain(words);
    expect([ran, opened]).toEqual([[], 0]);
  });

  it('does nothing for an ID that nobody made', async () => {
    expect((await press(slack('U0ADA'), 'confirm', 'x'.repeat(22))).title).toContain('expired');
    expect([ran, opened]).toEqual([[], 0]);
  });

  it('ends nothing once somebody said no', async () => {
    await store({ approvers: { group: 'operator' } });
    expect(await press(slack('U0GRACE'), 'deny')).toMatchObject({ title: 'Nothing was ended', replaces: true });
    expect((await press(slack('U0GRACE'), 'approve')).lines).toContain('It was denied.');
    expect(ran).toEqual([]);
  });
});

describe('the event of run-command', () => {
  const good = event(slack('U0ADA'), { do: 'command', line: 'help' });
  it.each([
    ['a JWT', { ...good, principal: { ...good.principal, source: 'jwt' } }],
    ['a schedule', { ...good, principal: { ...good.principal, source: 'schedule' } }],
    ['no chat identity', { ...good, principal: { ...good.principal, chat: undefined } }],
    ['an unknown field', { ...good, full: true }],
    ['an SQL comment as request ID', { ...good, requestId: '*/ DROP' }],
    ['a long line', { ...good, what: { do: 'command', line: 'x'.repeat(2_001) } }],
    ['nothing', null],
  ])('takes none with %s', (_what, value) => {
    expect(() => parseRunEvent(value)).toThrow(expect.objectContaining({ code: 'request-invalid' }));
  });

  it.each(['kill local 42', 'reap local idle', 'cancel local 42'])('from DingTalk never ends: %s', async (line) => {
    expect((await runCommand(services, event(dingtalk, { do: 'command', line }))).title).toContain(
      'Nothing can be ended',
    );
    expect([ran, opened]).toEqual([[], 0]);
  });
});

describe('reports and warnings', () => {
  const run = {
    rule: 'idle',
    target: 'local',
    ended: 7,
    refused: 1,
    refusal: null,
    victims: Array.from({ length: 7 }, (_, at) => `v${at}`),
  };

  it('are one message for a run, and none where nothing was ended or refused', () => {
    expect(reportOf(run)).toMatchObject({
      title: 'idle ended 7 on local',
      rows: { length: 5 },
      lines: ['1 were refused.', 'The first 5 of 7:'],
    });
    expect(reportOf({ ...run, ended: 0, refusal: 'Over the limit.' })?.lines).toContain('Nothing was ended.');
    expect(reportOf({ ...run, ended: 0, refused: 0 })).toBeNull();
  });

  it('offer to keep a victim, by the ID of a stored request alone', async () => {
    await store({
      wanted: { do: 'keep', target: 'local', rule: 'idle', id: '42', tag: 't', minutes: 30 },
      requester: null,
    });
    const request = await requests.get(ID);
    if (request === undefined) throw new Error('not stored');
    const { buttons } = warningOf({ rule: 'idle', target: 'local', about: '42', minutes: 10 }, request);
    expect(buttons).toEqual([buttonFor(request, 'keep', 'Keep it for 30 minutes')]);
  });
});
