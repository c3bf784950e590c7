import type { AuditRecord, Target } from '../../../client/api.d.ts';
import { forest } from '../../../lib/pictures/forest.ts';
import type { Line, Piece } from '../../../lib/pictures/lines.ts';
import { type Column, table } from '../../../lib/pictures/table.ts';
import { given, jsonOf } from '../api/api.ts';
import { type Call, type CommonOptions, type ExitCode, numberOf, onTarget, printJson, show } from '../call.ts';
import { UsageError } from '../help.ts';
import { widthOf } from '../terminal.ts';
import { counted, tolerant } from '../view/session-table.ts';

const TARGETS: readonly Column<Target>[] = [
  { title: 'Target', cell: ({ name }) => name },
  { title: 'Engine', cell: ({ engine }) => engine ?? '–' },
  { title: 'Version', cell: ({ version }) => version ?? '–', least: 8 },
  { title: '', cell: ({ reachable }) => (reachable ? '' : { text: 'cannot be reached', style: 'red' }) },
];

/** `warden targets`: the databases that the caller may see. */
export const targets = (call: Call): Promise<ExitCode> =>
  show(
    call,
    (api) => api.GET('/targets'),
    ({ targets: found }) =>
      found.length === 0
        ? ['No target: no access rule opens one to you, or there is none.']
        : table(TARGETS.map(tolerant), found, widthOf(call.world)),
  );

/** `warden blockers`: who blocks whom, roots first. */
export const blockers = (call: Call): Promise<ExitCode> =>
  show(
    call,
    (api) => api.GET('/targets/{target}/blockers', { params: { path: onTarget(call) } }),
    ({ blockers: roots }) => (roots.length === 0 ? ['No session waits for a lock.'] : forest(roots)),
  );

/** `warden stop REASON` and `warden resume [REASON]`: every kill of every kind. */
export function stopOrResume(call: Call, isStop: boolean, words: readonly string[]): Promise<ExitCode> {
  const reason = words.join(' ');
  return show(
    call,
    (api) =>
      isStop
        ? api.PUT('/stop', { body: { reason } })
        : api.DELETE('/stop', { params: { query: given({ reason: reason || undefined }) } }),
    (stop) => {
      if (!stop.stopped) return ['Kills are possible again.'];
      const { by, since, reason: why } = stop;
      return [`Every kill is stopped${by === null ? '' : ` by ${by.subject}, since ${since}`}: ${why}`];
    },
  );
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
  const query = given({
    ...{ target, principal },
    from: momentOf('--from', from),
    to: momentOf('--to', to),
    limit: numberOf('--limit', limit, 1, 500),
  });
  return show(
    call,
    (api) => api.GET('/audit', { params: { query } }),
    ({ records, next }): readonly Line[] => [
      ...(records.length === 0 ? [] : [...table(RECORDS.map(tolerant), records, widthOf(call.world)), '']),
      `${counted(records.length, 'record')}${next === null ? '' : ', and there are older ones'}`,
    ],
  );
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
  const answer = await call.api.fetch(requestOf(`${call.api.base}${path}`, method, body));
  printJson(call.world, await jsonOf(answer));
  return answer.ok ? 0 : 1;
}

function requestOf(url: string, method: string, body: string | undefined): Request {
  const accept = 'application/json';
  const sent = body === undefined ? {} : { body: inJson(body) };
  const headers = { accept, ...(body !== undefined && { 'content-type': accept }) };
  try {
    return new Request(url, { method, headers, ...sent });
  } catch {
    // A word that is no method, say, or a body that this method does not have.
    throw new UsageError('that is no request');
  }
}

function inJson(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    throw new UsageError('--body: write JSON');
  }
}
