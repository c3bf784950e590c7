import type { Reaper, Warn } from '../../reaper/policy-schema.ts';
import type { ChatRequest } from '../../state/request-store.ts';
import type { Warning } from '../../state/warning-store.ts';
import { buttonFor } from '../commands/buttons.ts';
import { anAnswer, type ChatAnswer, type ChatRow } from './answer.ts';
import { timeInWords } from './in-words.ts';

/** A warned session in its message: its request, and what is known of its warning by now. */
export interface WarnedRow {
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
