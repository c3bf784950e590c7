import type { operations, Session } from '../../../client/api.d.ts';
import type { Line } from '../../../lib/pictures/lines.ts';
import { countsTable } from '../../../lib/pictures/table.ts';
import { isAsleep } from '../../../lib/sessions/session.ts';
import { GROUPS, given, groupsIn, pageIn } from '../api/api.ts';
import {
  asked,
  type Call,
  type CommonOptions,
  type ExitCode,
  numberOf,
  onTarget,
  printJson,
  secondsOf,
  show,
} from '../call.ts';
import { Problem, UsageError } from '../help.ts';
import { print, widthOf } from '../terminal.ts';
import { type Blocked, blockedIn, counted, hasUnknown, sessionTable } from '../view/session-table.ts';
import type { Looked } from '../view/watch.ts';

/** Which sessions a command means: the filters of the API's lists. */
interface Filters {
  readonly user?: string;
  readonly host?: string;
  readonly db?: string;
  readonly command?: string;
  readonly state?: string;
  readonly tenant?: string;
  readonly proxySessionId?: string;
  readonly idle?: string;
  readonly minTime?: string;
  readonly inTransaction?: boolean;
  readonly blocking?: boolean;
  readonly text?: string;
}

/** The filters as the query of a list. @throws UsageError */
function queryOf({ idle, minTime, inTransaction, blocking, ...same }: Filters) {
  const { user, host, db, command, state, tenant, proxySessionId, text } = same;
  return given({
    ...{ user, host, db, command, state, tenant, proxySessionId, text, inTransaction, blocking },
    idleFor: idle === undefined ? undefined : secondsOf('--idle', idle),
    minTime: minTime === undefined ? undefined : secondsOf('--min-time', minTime),
  });
}

/** Options of `warden sessions`. */
export interface SessionsOptions extends CommonOptions, Filters {
  /** The API refuses any other. */
  readonly sort: NonNullable<NonNullable<operations['list-sessions']['parameters']['query']>['sort']>;
  readonly limit: string;
  readonly full?: boolean;
  readonly own?: boolean;
  readonly watch?: string | true;
}

/** What the API gives at most at once. */
const PAGE = 1_000;

interface Listed {
  readonly sessions: readonly Session[];
  readonly total: number;
  readonly undecided: number;
  /** The answer of the one page; of several, their sessions together. */
  readonly json: unknown;
}

/** As the API puts them: what is not known comes last going up and first going down; ties go by ID. */
const byTime =
  (isDown: boolean) =>
  (a: Session, b: Session): number =>
    (isDown ? -1 : 1) * ((a.time ?? Number.POSITIVE_INFINITY) - (b.time ?? Number.POSITIVE_INFINITY) || 0) ||
    a.id.length - b.id.length ||
    (a.id < b.id ? -1 : 1);

/** All pages up to the limit. An order by time has one page: more are read in the order by ID, and put in order here. */
async function list(call: Call<SessionsOptions>, most: number): Promise<Listed> {
  const { full } = call.options;
  const isPutHere = call.options.sort.endsWith('time') && most > PAGE;
  const [sort, limit] = isPutHere ? (['id', Number.POSITIVE_INFINITY] as const) : [call.options.sort, most];
  const ordered = (rows: readonly Session[]): readonly Session[] =>
    isPutHere ? rows.toSorted(byTime(call.options.sort.startsWith('-'))).slice(0, most) : rows;
  const sessions: Session[] = [];
  const bodies: { readonly sessions: readonly Session[] }[] = [];
  let cursor: string | undefined;
  for (;;) {
    const query = {
      ...queryOf(call.options),
      ...given({ sort, cursor, full }),
      limit: Math.min(PAGE, limit - sessions.length),
    };
    const params = { path: onTarget(call), query };
    const { body, data: answer } = await asked(call, (api) => api.GET('/targets/{target}/sessions', { params }));
    const data = pageIn(answer);
    sessions.push(...data.sessions);
    bodies.push(pageIn(body));
    const [only] = bodies;
    cursor = data.next ?? undefined;
    if (cursor !== undefined && data.sessions.length > 0 && sessions.length < limit) continue;
    const rows = () => ordered(bodies.flatMap((body) => body.sessions));
    const json = bodies.length === 1 ? only : { ...bodies.at(-1), sessions: rows(), ...(isPutHere && { next: null }) };
    return { sessions: ordered(sessions), total: data.total, undecided: data.undecided, json };
  }
}

/** Asked only where somebody may wait: a sleeping session does not. */
async function whoWaits(call: Call, sessions: readonly Session[]): Promise<Blocked | string> {
  if (!sessions.some(({ command, warden }) => !warden && !isAsleep(command))) return new Map();
  try {
    const params = { path: onTarget(call) };
    const { data } = await asked(call, (api) => api.GET('/targets/{target}/blockers', { params }));
    return blockedIn(data.blockers);
  } catch (error) {
    if (error instanceof Problem) return error.message.split('\n')[0] ?? '';
    throw error;
  }
}

/** One look at the sessions: a table, and what is to be said of all of them. */
async function look(call: Call<SessionsOptions>, limit: number): Promise<Looked> {
  const { sessions, total, undecided } = await list(call, limit);
  const shown = call.options.own ? sessions : sessions.filter(({ warden }) => !warden);
  const waits = await whoWaits(call, sessions);
  const blocked = typeof waits === 'string' ? new Map() : waits;
  const all = total - (sessions.length - shown.length);
  const isFull = call.options.full === true;
  const lines = shown.length === 0 ? [] : sessionTable(shown, { blocked, width: widthOf(call.world), isFull });
  const sums = [
    shown.length < all
      ? `showing ${shown.length.toLocaleString('en-US')} of ${counted(all, 'session')}`
      : counted(all, 'session'),
    ...(undecided === 0
      ? []
      : [`${counted(undecided, 'session')} left out: the server does not show what the filters ask for`]),
    ...(hasUnknown(shown) ? ['? is what the server does not show; warden show ID says why'] : []),
    ...(typeof waits === 'string' ? [`who blocks whom is not known: ${waits}`] : []),
  ];
  return { lines, sums };
}

const MOST = 1_000_000;
const LEAST_WATCH = 1;

/** `warden sessions`: a list, once or again and again. */
export async function sessions(call: Call<SessionsOptions>): Promise<ExitCode> {
  const { watch, json } = call.options;
  const limit = numberOf('--limit', call.options.limit, 1, MOST);
  if (watch !== undefined) {
    if (json) throw new UsageError('--watch and --json do not go together');
    const seconds = watch === true ? 2 : numberOf('--watch', watch, LEAST_WATCH, 3_600);
    const { watchLines } = await import('../view/watch.ts');
    return watchLines(call.world, seconds, () => look(call, limit));
  }
  if (json) printJson(call.world, (await list(call, limit)).json);
  else {
    const { lines, sums } = await look(call, limit);
    print(call.world, [...lines, ...(lines.length === 0 ? [] : ['']), ...sums]);
  }
  return 0;
}

/** Options of `warden top`. */
export interface TopOptions extends CommonOptions, Filters {
  readonly by: string;
  readonly limit: string;
}

/** `warden top`: how many sessions each user, address, database … has. */
export async function top(call: Call<TopOptions>): Promise<ExitCode> {
  const by = GROUPS.find((one) => one === call.options.by);
  if (by === undefined) throw new UsageError(`--by: write one of ${GROUPS.join(', ')}`);
  const limit = numberOf('--limit', call.options.limit, 1, 1_000);
  const query = { ...queryOf(call.options), groupBy: by, limit };
  const params = { path: onTarget(call), query };
  return show(
    call,
    (api) => api.GET('/targets/{target}/sessions', { params }),
    (answer): readonly Line[] => {
      const { groups, more, total, undecided } = groupsIn(answer);
      return [
        ...(groups.length === 0 ? [] : [...countsTable(by, groups, widthOf(call.world)), '']),
        `${counted(total, 'session')} in ${counted(groups.length + more, 'group')}${more === 0 ? '' : `, ${groups.length} shown`}`,
        ...(undecided === 0
          ? []
          : [`${counted(undecided, 'session')} left out: the server does not show what the filters ask for`]),
      ];
    },
  );
}
