import { anAnswer, type ChatAnswer } from './answer.ts';
import { buttonFor } from './commands/command-call.ts';
import type { ChatJob } from './job.ts';
import type { ChatRequest } from './stores/request-store.ts';

/** What a reaper's run came to on one target. */
export interface ReapRun {
  readonly rule: string;
  readonly target: string;
  readonly ended: number;
  readonly refused: number;
  /** Why the whole run was refused, such as a limit; `null` where it was not. */
  readonly refusal: string | null;
  /** Masked lines of some victims. */
  readonly victims: readonly string[];
}

const SHOWN = 5;

/** One message for a run, not one a victim; `null` for a run that ended and refused nothing, which is no news. */
export function reportOf({ rule, target, ended, refused, refusal, victims }: ReapRun): ChatAnswer | null {
  if (ended === 0 && refused === 0 && refusal === null) return null;
  const title = refusal === null ? `${rule} ended ${ended} on ${target}` : `${rule} refused to run on ${target}`;
  const more = victims.length - SHOWN;
  return anAnswer(title, {
    lines: [
      ...(refusal === null ? [] : [refusal, 'Nothing was ended.']),
      ...(refused === 0 ? [] : [`${refused} were refused.`]),
      ...(more > 0 ? [`The first ${SHOWN} of ${victims.length}:`] : []),
    ],
    rows: victims.slice(0, SHOWN).map((head) => ({ head, code: null, button: null })),
    audience: 'all',
  });
}

/** A victim that a reaper is about to end. */
export interface Warning {
  readonly rule: string;
  readonly target: string;
  /** A masked line of the session. */
  readonly about: string;
  /** Minutes until it is ended. */
  readonly minutes: number;
}

/** Tells a victim's owners, with a button that keeps it: `request` wants `keep`, and is stored before this is sent. */
export function warningOf({ rule, target, about, minutes }: Warning, request: ChatRequest): ChatAnswer {
  const keep = request.wanted.do === 'keep' ? request.wanted.minutes : 30;
  return anAnswer(`${rule} will end a session on ${target} in ${minutes} min`, {
    lines: [about],
    buttons: [buttonFor(request, 'keep', `Keep it for ${keep} minutes`)],
    audience: 'all',
  });
}

/** The job that posts an answer at a place, `slack:ops`: hand it over, since what runs inside reaches no platform. */
export const postJob = (requestId: string, place: string, answer: ChatAnswer): ChatJob => ({
  do: 'post',
  requestId,
  to: { channel: 'place', place },
  answer,
});
