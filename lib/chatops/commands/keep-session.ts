import { AppError } from '../../errors.ts';
import { reaperFor } from '../../reaper/reap.ts';
import { sessionId } from '../../sessions/session.ts';
import type { ChatRequest } from '../../state/request-store.ts';
import { anAnswer, type ChatAnswer } from '../messages/answer.ts';
import { timeInWords } from '../messages/in-words.ts';
import { warningMessage } from '../messages/warning-message.ts';
import type { CommandCall, KeepVictim } from './ports.ts';

/**
 * A press of the button that keeps a session from its reaper. The message is shown again, so that its other buttons stay,
 * and everybody sees who keeps what. It may be pressed again: how often a session is kept is counted with its warning.
 */
export async function keepSession(call: CommandCall, request: ChatRequest): Promise<ChatAnswer> {
  const { services, principal, requestId } = call;
  const { wanted } = request;
  if (wanted.do !== 'keep')
    throw new AppError('request-invalid', { detail: 'The button does not belong to this request.' });
  if (services.keepVictim === undefined) throw new AppError('internal');
  const { target, rule: reaper, tag, warning } = wanted;
  const keeping = await services.keepVictim({
    ...{ principal, target, reaper, tag, warning },
    id: sessionId(wanted.id),
    correlationId: requestId,
  });
  return shownAnew(call, request, said(keeping, request, principal.subject, services.now()));
}

function said(
  keeping: Awaited<ReturnType<KeepVictim>>,
  { about }: ChatRequest,
  subject: string,
  now: number,
): readonly string[] {
  switch (keeping.end) {
    case 'kept':
      return [`${subject} keeps ${about}`];
    case 'kept-before': {
      const { keptBy, keptUntil } = keeping.warning;
      return [`It is already kept by ${keptBy} for ${timeInWords(((keptUntil ?? now) - now) / 1000)}: ${about}`];
    }
    case 'no-more':
      return [`It cannot be kept again: ${about}`];
    default:
      return [`It is gone, or it is being ended: ${about}`];
  }
}

async function shownAnew(
  { services }: CommandCall,
  request: ChatRequest,
  lines: readonly string[],
): Promise<ChatAnswer> {
  const { wanted } = request;
  if (wanted.do !== 'keep') throw new AppError('internal');
  const { warn, ...reaper } = reaperFor(services, wanted.rule, wanted.target);
  const found = await Promise.all(wanted.message.map((id) => services.requests.get(id)));
  const requests = found.filter((one): one is ChatRequest => one?.wanted.do === 'keep');
  const names = requests.map((one) => (one.wanted.do === 'keep' ? one.wanted.warning : ''));
  const { warnings } = await services.reaperChat();
  const known = await warnings.read(names);
  if (warn === undefined)
    return anAnswer('The rule no longer sends warnings', { lines, replaces: true, audience: 'all' });
  const rows = requests.map((one, at) => ({ request: one, warning: known.get(names[at] ?? '') }));
  return warningMessage({ ...reaper, warn }, wanted.target, rows, services.now(), { lines, replaces: true });
}
