import { randomBytes } from 'node:crypto';
import type { Principal } from '../../privileges/principal.ts';
import type { ChatButton } from '../answer.ts';
import type { CommandServices } from '../ports.ts';
import type { ChatRequest } from '../stores/request-store.ts';

/** One call of a command. */
export interface CommandCall {
  readonly services: CommandServices;
  readonly principal: Principal;
  readonly requestId: string;
  /** False where the platform cannot vouch for what is asked. */
  readonly mayEnd: boolean;
}

/** Seconds that a button works. */
export const BUTTON_SECONDS = 600;

/** A new request that nobody can guess, open for ten minutes. */
export const aRequest = (
  { services }: Pick<CommandCall, 'services'>,
  request: Pick<ChatRequest, 'wanted' | 'about' | 'requester'> & Partial<Pick<ChatRequest, 'approvers' | 'reason'>>,
  seconds = BUTTON_SECONDS,
): ChatRequest => ({
  approvers: null,
  reason: null,
  ...request,
  id: randomBytes(16).toString('base64url'),
  expiresAt: services.now() + Math.min(seconds, BUTTON_SECONDS) * 1000,
  state: 'open',
  decidedBy: null,
});

/** A button that stands for a request. */
export const buttonFor = (
  { id }: ChatRequest,
  click: ChatButton['click'],
  label: string,
  danger = false,
): ChatButton => ({
  label,
  click,
  request: id,
  danger,
});
