import { forest } from '../../../lib/pictures/forest.ts';
import type { Line, Piece } from '../../../lib/pictures/lines.ts';
import { type Column, table } from '../../../lib/pictures/table.ts';
import { type AuditRecord, blockersSchema, recordsSchema, stopSchema, targetsSchema } from '../api/answers.ts';
import { type Call, type CommonOptions, type ExitCode, onTarget, printJson, show } from '../call.ts';
import { UsageError } from '../help.ts';
import { widthOf } from '../terminal.ts';
import { counted } from '../view/session-table.ts';
import { numberOf } from './filters.ts';

/** `warden targets`: the databases that the caller may see. */
export const targets = (call: Call): Promise<ExitCode> =>
  show(call, { method: 'GET', path: '/targets' }, targetsSchema, ({ targets: found }) =>
    found.length === 0
      ? ['No target: no access rule opens one to you, or there is none.']
      : table(
          [
            { title: 'Target', cell: ({ name }) => name },
            { title: 'Engine', cell: ({ engine }) => engine ?? '–' },
            { title: 'Version', cell: ({ version }) => version ?? '–', least: 8 },
            { title: '', cell: ({ reachable }) => (reachable ? '' : { text: 'cannot be reached', style: 'red' }) },
          ],
          found,
          widthOf(call.world),
        ),
  );

/** `warden blockers`: who blocks whom, roots first. */
export const blockers = (call: Call): Promise<ExitCode> =>
  show(call, { method: 'GET', path: onTarget(call, 'blockers') }, blockersSchema, ({ blockers: roots }) =>
    roots.length === 0 ? ['No session waits for a lock.'] : forest(roots),
  );

/** `warden stop REASON` and `warden resume [REASON]`: every kill of every kind. */
export function stopOrResume(call: Call, isStop: boolean, words: readonly string[]): Promise<ExitCode> {
  const reason = words.join(' ');
  const request = isStop
    ? { method: 'PUT', path: '/stop', body: { reason } }
    : { method: 'DELETE', path: '/stop', query: { reason: reason || undefined } };
  return show(call, request, stopSchema, ({ stopped, by, since, reason: why }) => {
    if (!stopped) return ['Kills are possible again.'];
    return [`Every kill is stopped${by === null ? '' : ` by ${by.subject}, since ${since}`}: ${why}`];
  });
}

/** Options of `warden audit`. */
export interface AuditOptions extends CommonOptions {
  readonly principal?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: string;
}

const WHAT: Readonly<Record<string, string>> = { connection: 'kill', query: 'cancel' };

function outcomeOf({ outcome, detail }: AuditRecord): Piece {
  if (outcome === null) return { text: 'open', style: 'yellow' };
  return detail === null ? outcome : `${outcome}: ${detail}`;
}

const RECORDS: readonly Column<AuditRecord>[] = [
  { title: 'At', cell: ({ at }) => at.replace(/\.\d+Z$/, 'Z') },
  { title: 'Target', cell: ({ target }) => target, least: 6, sacrifice: 2 },
  { title: 'Who', cell: ({ principal }) => principal.subject, least: 8 },
  { title: 'What', cell: ({ kind }) => WHAT[kind] ?? kind },
  { title: 'Session', cell: ({ sessionId }) => sessionId ?? '', optional: true },
  { title: 'User', cell: ({ user }) => user ?? '', least: 6, sacrifice: 3, optional: true },
  { title: 'Outcome', cell: outcomeOf, least: 12 },
  { title: 'Reason', cell: ({ reason, reaper }) => reason ?? reaper ?? '', least: 10, sacrifice: 1, optional: true },
];

/** A moment as the API takes it: ISO 8601, a day, or so long ago. @throws UsageError */
function momentOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(at))
    throw new UsageError(`${option}: write a moment such as 2026-11-24 or 2026-11-24T08:00:00Z`);
  return new Date(at).toISOString();
}

/** `warden audit`: who ended what, newest first. */
export function audit(call: Call<AuditOptions>): Promise<ExitCode> {
  const { target, principal, from, to, limit } = call.options;
  const query = {
    ...{ target, principal },
    from: momentOf('--from', from),
    to: momentOf('--to', to),
    limit: String(numberOf('--limit', limit, 1, 500)),
  };
  return show(call, { method: 'GET', path: '/audit', query }, recordsSchema, ({ records, next }): readonly Line[] => [
    ...(records.length === 0 ? [] : [...table(RECORDS, records, widthOf(call.world)), '']),
    `${counted(records.length, 'record')}${next === null ? '' : ', and there are older ones'}`,
  ]);
}

/** Options of `warden call`. */
export interface CallOptions extends CommonOptions {
  readonly body?: string;
}

/** `warden call METHOD PATH`: any request, its answer as it came. */
export async function callApi(call: Call<CallOptions>, method: string, path: string): Promise<ExitCode> {
  if (!path.startsWith('/'))
    throw new UsageError("write warden call METHOD PATH, such as: warden call GET '/targets/local/sessions?user=app'");
  const { body } = call.options;
  const answer = await call.api.send({ method, path, ...(body !== undefined && { body: parsed(body) }) });
  printJson(call.world, answer.body);
  return answer.status < 300 ? 0 : 1;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new UsageError('--body: write JSON');
  }
}
