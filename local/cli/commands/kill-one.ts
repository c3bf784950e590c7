import { isSessionId } from '../../../lib/sessions/session.ts';
import { killSchema } from '../api/answers.ts';
import { asked, type Call, type CommonOptions, type ExitCode, onTarget, printJson } from '../call.ts';
import { UsageError } from '../help.ts';
import { print } from '../terminal.ts';
import { secondsOf } from './filters.ts';
import { followPending } from './follow-pending.ts';

/** Options of `warden kill ID` and `warden cancel ID`. */
export interface KillOneOptions extends CommonOptions {
  readonly tag?: string;
  readonly reason?: string;
  readonly escalateAfter?: string;
}

/** Outcomes after which nothing is left of what was to be ended. */
const OVER: readonly string[] = ['terminated', 'query-cancelled', 'already-gone', 'nothing-running'];

/** Ends one session, or cancels its statement, and says what became of it. */
export async function killOne(call: Call<KillOneOptions>, id: string, kind: 'connection' | 'query'): Promise<ExitCode> {
  if (!isSessionId(id)) throw new UsageError('an ID is 1 to 20 decimal digits, the first not zero');
  const { tag, reason, escalateAfter, json } = call.options;
  const request = {
    method: 'DELETE',
    path: onTarget(call, `sessions/${id}${kind === 'query' ? '/query' : ''}`),
    query: {
      reason,
      escalateAfter: escalateAfter === undefined ? undefined : String(secondsOf('--escalate-after', escalateAfter)),
    },
    ...(tag !== undefined && { headers: { 'if-match': `"${tag}"` } }),
  };
  const { answer, data } = await asked(call, request, killSchema);
  const { outcome, hint } = data;
  if (json) printJson(call.world, answer.body);
  else print(call.world, [`${id}: ${outcome}${hint === null ? '' : `. ${hint}`}`]);
  if (outcome === 'pending' && !json) {
    const end = await followPending(call, { id, kind, tag: tag ?? null });
    print(call.world, [`${id}: ${end ?? 'it still goes on; the record will say how it ended'}`]);
  }
  return OVER.includes(outcome) || outcome === 'pending' ? 0 : 1;
}
