import { AppError } from '../../errors.ts';
import type { Reaper, Warn } from '../../reaper/policy-schema.ts';
import { reaperFor } from '../../reaper/reap.ts';
import { sessionId } from '../../sessions/session.ts';
import type { ChatRequest } from '../../state/request-store.ts';
import type { Warning } from '../../state/warning-store.ts';
import { anAnswer, type ChatAnswer, type ChatRow } from '../messages/answer.ts';
import { timeInWords } from '../messages/in-words.ts';
import { buttonFor } from './buttons.ts';
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

/** A warned session in its message: its request, and what is known of its warning by now. */
interface WarnedRow {
  readonly request: ChatRequest;
  readonly warning: Pick<Warning, 'keptUntil' | 'keptBy' | 'extensions' | 'isEnding'> | undefined;
}

/**
 * The message that warns of sessions which a reaper will end, one row each with a button that keeps it. Shown again, it says
 * who keeps which; a session that cannot be kept any more has no button.
 */
export function warningMessage(
  { name, warn }: Pick<Reaper, 'name'> & { readonly warn: Warn },
  target: string,
  rows: readonly WarnedRow[],
  now: number,
  over: Partial<Pick<ChatAnswer, 'lines' | 'replaces' | 'mentions'>> = {},
): ChatAnswer {
  const sessions = rows.length === 1 ? 'a session' : `${rows.length} sessions`;
  return anAnswer(`${name} will end ${sessions} on ${target} in ${timeInWords(warn.before)}`, {
    rows: rows.map((row) => rowOf(row, warn, now)),
    audience: 'all',
    ...over,
  });
}

function rowOf({ request, warning }: WarnedRow, { keep, extensions: most }: Warn, now: number): ChatRow {
  const { keptUntil = null, keptBy = null, extensions = 0, isEnding = false } = warning ?? {};
  const says = (state: string): ChatRow => ({ head: `${request.about} · ${state}`, code: null, button: null });
  if (isEnding) return says('it is being ended');
  if (keptUntil !== null && keptUntil > now)
    return says(`kept by ${keptBy ?? 'another person'} for ${timeInWords((keptUntil - now) / 1000)}`);
  if (extensions >= most) return most === 0 ? says('it cannot be kept') : says('it cannot be kept again');
  const left = extensions === 0 ? '' : ` · kept ${extensions} of ${most} times`;
  const button = buttonFor(request, 'keep', `Keep it for ${timeInWords(keep)}`);
  return { head: `${request.about}${left}`, code: null, button };
}
