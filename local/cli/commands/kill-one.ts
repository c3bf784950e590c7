import { isSessionId } from '../../../lib/sessions/session.ts';
import { given } from '../api/api.ts';
import { orNotSaid } from '../api/read-answer.ts';
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
  const params = {
    path: { ...onTarget(call), id },
    query: given({ reason }),
    ...(tag !== undefined && { header: { 'If-Match': `"${tag}"` } }),
  };
  const seconds = escalateAfter === undefined ? undefined : secondsOf('--escalate-after', escalateAfter);
  const query = given({ reason, escalateAfter: seconds });
  const { body, data } = await asked(call, (api) =>
    kind === 'connection'
      ? api.DELETE('/targets/{target}/sessions/{id}', { params })
      : api.DELETE('/targets/{target}/sessions/{id}/query', { params: { ...params, query } }),
  );
  const { outcome } = data;
  const hint = orNotSaid(() => data.hint, null);
  if (json) printJson(call.world, body);
  else print(call.world, [`${id}: ${outcome}${hint === null ? '' : `. ${hint}`}`]);
  if (outcome === 'pending' && !json) {
    const end = await followPending(call, { id, kind, tag: tag ?? null });
    print(call.world, [`${id}: ${end ?? 'it still goes on; the record will say how it ended'}`]);
  }
  return OVER.includes(outcome) || outcome === 'pending' ? 0 : 1;
}
