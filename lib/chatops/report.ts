import type { RunToReport } from '../reaper/reaper-chat.ts';
import type { ReapReport, ReapVictim } from '../reaper/report.ts';
import { undecidableInWords } from '../reaper/undecidable.ts';
import { anAnswer, type ChatAnswer } from './answer.ts';
import { sessionInWords } from './in-words.ts';

const SHOWN = 5;

const isEnded = ({ outcome }: ReapVictim): boolean =>
  outcome === 'terminated' || outcome === 'query-cancelled' || outcome === 'pending';

/** One message for a run, not one a victim; `null` for a run that ended and refused nothing, which is no news. */
export function reportOf(run: RunToReport['run']): ChatAnswer | null {
  const { target, reaper } = run;
  if ('failure' in run) return refused(reaper, target, run.failure.message);
  if (run.held !== null) return refused(reaper, target, run.held);
  return reportOfEnds(run);
}

const refused = (reaper: string, target: string, why: string): ChatAnswer =>
  anAnswer(`${reaper} refused to run on ${target}`, { lines: [why, 'Nothing was ended.'], audience: 'all' });

function reportOfEnds({ target, reaper, kill, victims, undecidable }: ReapReport): ChatAnswer | null {
  const ended = victims.filter(isEnded);
  const kept = victims.filter(({ outcome }) => outcome === 'refused').length;
  const failed = victims.filter(({ code }) => code !== null);
  if (ended.length === 0 && kept === 0 && failed.length === 0) return null;
  const what = kill === 'query' ? 'statements' : 'sessions';
  return anAnswer(`${reaper} ended ${ended.length} ${what} on ${target}`, {
    lines: [
      ...(kept === 0 ? [] : [`${kept} were refused.`]),
      ...(failed.length === 0 ? [] : [`${failed.length} failed: ${failed[0]?.code}.`]),
      ...undecidable.map(undecidableInWords),
      ...(ended.length > SHOWN ? [`The first ${SHOWN} of ${ended.length}:`] : []),
    ],
    rows: ended.slice(0, SHOWN).map((victim) => ({ head: lineOf(victim), code: null, button: null })),
    audience: 'all',
  });
}

const lineOf = (victim: ReapVictim): string => `${sessionInWords(victim)} · ${victim.reasons.join('; ')}`;
