import { beforeEach } from 'vitest';
import type { CommandServices } from '../../../lib/chatops/commands/ports.ts';
import { parseRunEvent, type RunEvent, runCommand } from '../../../lib/chatops/commands/run-command.ts';
import { principalFromChat } from '../../../lib/chatops/principal-from-chat.ts';
import type { Principal } from '../../../lib/privileges/principal.ts';
import { memoryKillCounter } from '../../../lib/sessions/kill/kill-limit.ts';
import { memoryStopStore } from '../../../lib/sessions/kill/stop-switch.ts';
import { type ChatRequest, memoryRequestStore } from '../../../lib/state/request-store.ts';
import { memoryWarningStore } from '../../../lib/state/warning-store.ts';
import { memoryAuditStore } from '../memory-audit-store.ts';
import { chatConfig } from './chat-config.ts';

const config = chatConfig();
export const START = Date.parse('2026-11-24T03:00:00Z');
/** The clock, how often a database was asked for, and what the ports were called with. */
export const seen = { now: START, opened: 0, ran: [] as unknown[] };
export const requests = memoryRequestStore(() => seen.now);
/** No database here: any SQL counts. */
export const services: CommandServices = {
  config,
  requests,
  now: () => seen.now,
  audit: memoryAuditStore(),
  stopped: async () => false,
  stops: memoryStopStore(),
  killCounter: memoryKillCounter(),
  idempotency: { once: (_request, answer) => answer() },
  targets: {
    list: async () => [{ name: 'local' }],
    find: async (name) => ({ name }),
    candidates: async function* () {},
  },
  open: async () => {
    seen.opened += 1;
    throw new Error('no database');
  },
  reapNow: {
    plan: async () => ({ victims: [], undecidable: [] }),
    run: async (call) => [seen.ran.push(call)].map(() => ({ id: '42', outcome: 'terminated' }) as never),
  },
  keepVictim: async (request) => {
    seen.ran.push(request);
    return { end: 'gone' };
  },
  reaperChat: async () => ({
    warnings: memoryWarningStore(() => seen.now),
    messages: { warn: async () => {}, report: async () => {}, send: async () => {} },
    questions: { requests, post: async () => {} },
  }),
};
beforeEach(() => {
  Object.assign(seen, { now: START, opened: 0, ran: [] });
});

export const slack = (user: string) =>
  principalFromChat(config, { channel: 'slack', enterprise: null, tenant: 'T0001', user }) as Principal;
export const dingtalk = principalFromChat(config, {
  channel: 'dingtalk',
  enterprise: null,
  tenant: 'ding1',
  user: 'ada01',
}) as Principal;
export const ID = 'r'.repeat(22);
export const store = async (over: Partial<ChatRequest> = {}): Promise<void> =>
  requests.putAll([
    {
      id: ID,
      wanted: { do: 'reap', target: 'local', rule: 'idle', victims: [{ id: '42', tag: 't' }] },
      about: '1 session',
      requester: slack('U0ADA'),
      approvers: null,
      auditId: null,
      reason: null,
      expiresAt: START + 60_000,
      state: 'open',
      decidedBy: null,
      ...over,
    },
  ]);
export const event = (principal: Principal, what: RunEvent['what']): RunEvent =>
  parseRunEvent(JSON.parse(JSON.stringify({ principal, requestId: 'r1', channel: 'slack', what })));
export const press = (principal: Principal, click: 'confirm' | 'approve' | 'deny' | 'keep', request = ID) =>
  runCommand(services, event(principal, { do: 'click', click, request }));
