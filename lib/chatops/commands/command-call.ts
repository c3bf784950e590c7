import { randomBytes } from 'node:crypto';
import type { Principal } from '../../privileges/principal.ts';
import type { ChatRequest } from '../../state/request-store.ts';
import type { ChatButton } from '../messages/answer.ts';
import type { CommandServices } from './ports.ts';

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

type NewRequest = Pick<ChatRequest, 'wanted' | 'about' | 'requester'> &
  Partial<Pick<ChatRequest, 'approvers' | 'auditId' | 'reason'>>;

/** A new request that no one can guess. @param expiresAt - milliseconds since the epoch */
export const newRequest = (request: NewRequest, expiresAt: number): ChatRequest => ({
  approvers: null,
  auditId: null,
  reason: null,
  ...request,
  id: randomBytes(16).toString('base64url'),
  expiresAt,
  state: 'open',
  decidedBy: null,
});

/** A new request, open for ten minutes at most. */
export const aRequest = (
  { services }: Pick<CommandCall, 'services'>,
  request: NewRequest,
  seconds = BUTTON_SECONDS,
): ChatRequest => newRequest(request, services.now() + Math.min(seconds, BUTTON_SECONDS) * 1000);

/** A button that carries out a request. */
export const buttonFor = (
  { id }: ChatRequest,
  click: ChatButton['click'],
  label: string,
  { danger = false, confirm = null }: Partial<Pick<ChatButton, 'danger' | 'confirm'>> = {},
): ChatButton => ({
  label,
  click,
  request: id,
  danger,
  confirm,
});
