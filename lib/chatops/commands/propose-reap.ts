import { undecidableInWords } from '../../reaper/undecidable.ts';
import { anAnswer, type ChatAnswer, MAX_ROWS } from '../messages/answer.ts';
import { counted, sessionInWords } from '../messages/in-words.ts';
import { aRequest, buttonFor, type CommandCall } from './command-call.ts';

const MAX_VICTIMS = 1_000;

/** A reaper's rule as a dry run: its victims, and a button that ends exactly these. */
export async function proposeReap(
  call: CommandCall,
  { target, rule }: { readonly target: string; readonly rule: string },
  isMachine: boolean,
): Promise<ChatAnswer> {
  const { services, principal } = call;
  if (services.reapNow === undefined) return anAnswer('reap is not available in this installation');
  const { victims, undecidable } = await services.reapNow.plan({ principal, target, rule });
  const unknown = undecidable.map(undecidableInWords);
  if (victims.length === 0) return anAnswer(`${rule} would end no sessions on ${target} now`, { lines: unknown });
  const shown = victims.slice(0, MAX_VICTIMS).map(({ session: { id, tag } }) => ({ id, tag }));
  const about = `${counted(shown.length, 'session')} on ${target} by the rule ${rule}`;
  const wanted = { do: 'reap', target, rule, victims: shown } as const;
  const request = aRequest(call, { wanted, about, requester: isMachine ? null : principal });
  await services.requests.putAll([request]);
  const toEnd = victims.filter(({ isWarned }) => !isWarned).length;
  const label = toEnd > 0 ? `End these ${toEnd}` : `Warn of these ${shown.length}`;
  const warned = victims.length - toEnd;
  return anAnswer(`${rule} would end ${counted(toEnd, 'session')} on ${target}`, {
    lines: [
      'Nothing has been ended yet.',
      ...(warned === 0 ? [] : [`Would be warned first, or are kept: ${warned}.`]),
      ...unknown,
      ...(victims.length > MAX_ROWS ? [`The first ${MAX_ROWS}:`] : []),
    ],
    rows: victims.slice(0, MAX_ROWS).map(({ session, why, isWarned }) => ({
      head: `${isWarned ? 'warned first · ' : ''}${sessionInWords(session)} · ${why}`,
      code: null,
      button: null,
    })),
    buttons: [
      buttonFor(request, 'confirm', label, { danger: true, confirm: `${label}: ${about}?` }),
      buttonFor(request, 'deny', 'No'),
    ],
  });
}
