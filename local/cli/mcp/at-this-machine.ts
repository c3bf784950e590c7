import { randomUUID } from 'node:crypto';
import type { ChatAnswer } from '../../../lib/chatops/messages/answer.ts';
import { AppError } from '../../../lib/errors.ts';
import type { Principal } from '../../../lib/privileges/principal.ts';
import type { Services } from '../../../lib/services.ts';
import { memoryWarningStore } from '../../../lib/state/memory-warning-store.ts';
import { memoryRequestStore } from '../../../lib/state/request-store.ts';

/** The person at this machine, who approves what an agent ends here: no chat is there to ask. */
export interface AtThisMachine {
  /** What the handlers work with: questions wait for the person here. */
  readonly services: Services;
  /** False where whoever started it lets agents end without a person, or warden.yaml does. */
  readonly mustApprove: boolean;
  /** What is asked, in words. */
  question(id: string): string;
  /** The person's answer; a yes has it done. @returns what came of it, in words */
  decide(id: string, isYes: boolean): Promise<string>;
}

const inLines = ({ title, lines, rows }: ChatAnswer): string =>
  [title, ...lines, ...rows.flatMap(({ head, code }) => (code === null ? [head] : [head, `  ${code}`]))].join('\n');

/**
 * Services in which a question waits for the person at this machine instead of for a chat. It is decided, recorded and
 * carried out by the very code that a button in a chat runs.
 *
 * @param isUnattended - agents end what their user may, as far as no access rule asks for an approval
 */
export function atThisMachine(base: Services, person: Principal, isUnattended: boolean): AtThisMachine {
  const { agents, chat } = base.config;
  const approval = isUnattended ? 'by-rule' : agents.approval;
  const config = { ...base.config, agents: { ...agents, approval }, chat: { ...chat, approvals: 'terminal:here' } };
  const requests = memoryRequestStore();
  const messages = new Map<string, string>();
  const noChat = () => Promise.reject(new AppError('state-unavailable', { detail: 'There is no chat here.' }));
  const services: Services = {
    ...base,
    config,
    reaperChat: async () => ({
      warnings: memoryWarningStore(),
      messages: { warn: noChat, report: noChat, send: noChat },
      questions: {
        requests,
        post: async ({ id, message }) => {
          messages.set(id, inLines(message));
        },
      },
    }),
  };
  return {
    services,
    mustApprove: approval === 'required',
    question: (id) => messages.get(id) ?? 'May the agent end this?',
    decide: async (id, isYes) => {
      const { pressButton } = await import('../../../lib/chatops/commands/press-button.ts');
      const call = { services: { ...services, requests, now: Date.now }, principal: person, requestId: randomUUID() };
      return inLines(await pressButton({ ...call, mayEnd: true }, { click: isYes ? 'approve' : 'deny', request: id }));
    },
  };
}
