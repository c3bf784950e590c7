import { batch, computed, effect, signal } from '@preact/signals';
import type { Session, Target } from '../../client/api.d.ts';
import { fingerprintOf } from '../../lib/sessions/masking/mask-statement.ts';
import { ACTIVITIES, type Activity, activityOf, type LockRole, lockRoles } from './activity.ts';
import { allSessions, api, type Failure } from './api.ts';
import { addressOf, parseFilter, quoted, wordsWithout } from './filter.ts';
import { isIn } from './sign-in/access.ts';
import { Watch } from './watch.ts';

/** The pages behind the tabs, in their order. */
export const VIEWS = ['sessions', 'blockers', 'reapers', 'record', 'health'] as const;
export type View = (typeof VIEWS)[number];

export const targets = signal<readonly Target[]>([]);
/** Why there are none. */
export const targetsFailure = signal<Failure | undefined>(undefined);
export const target = signal('');
export const view = signal<View>('sessions');
export const filterText = signal('');
/** Somebody wants to read in peace. */
export const isPaused = signal(false);
/** How many dialogs are open: what stands in one must not move. */
export const openDialogs = signal(0);
/** On a telephone a row has three lines. */
export const isNarrow = signal(false);

const isFree = (): boolean => target.value !== '' && isIn.value && openDialogs.value === 0 && !isPaused.value;

export const sessions = new Watch(
  (abort) => allSessions(target.value, abort),
  () => 2_000,
  () => isFree() && view.value === 'sessions',
);
export const blockers = new Watch(
  (abort) => api.blockers(target.value, abort),
  () => (view.value === 'blockers' ? 2_000 : 4_000),
  () => isFree() && (view.value === 'blockers' || view.value === 'sessions'),
);
export const health = new Watch(
  (abort) => api.health(target.value, abort),
  () => 10_000,
  () => target.value !== '' && isIn.value,
);
export const stop = new Watch(
  (abort) => api.stop(abort),
  () => 10_000,
  () => isIn.value,
);

/** How many connections there were at a moment: by the server's own count, else sessions that we may view. */
export interface Count {
  readonly at: number;
  readonly used: number;
  /** `null` where the server tells no limit. */
  readonly most: number | null;
}

const MOST_COUNTS = 360;
/** Connections used, since the page looks at this target. */
export const counts = signal<readonly Count[]>([]);

effect(() => {
  const { value, at } = health.look.value;
  if (value === undefined) return;
  const total = sessions.look.peek().value?.total;
  const now = value.connections ?? (total === undefined ? undefined : { used: total, most: null });
  if (now !== undefined) counts.value = [...counts.peek(), { at, ...now }].slice(-MOST_COUNTS);
});

/** Columns of the table that it can be sorted by. */
export const SORTS = ['activity', 'id', 'user', 'host', 'db', 'command', 'time', 'transaction', 'statement'] as const;
export type Sort = (typeof SORTS)[number];
export const sort = signal<{ readonly by: Sort; readonly isDown: boolean }>({ by: 'activity', isDown: false });

/** A session as the table shows it. */
export interface Row {
  readonly session: Session;
  /** `null`: it has no part in who blocks whom; `undefined`: the server does not show that. */
  readonly role: LockRole | null | undefined;
  readonly activity: Activity;
}

const roles = computed(() => {
  const { value, failure } = blockers.look.value;
  return value === undefined || failure !== undefined ? undefined : lockRoles(value);
});
/** Every session but those of our own calls, of which there is always one, and nobody may end it. */
export const allRows = computed<readonly Row[]>(() =>
  (sessions.look.value.value?.sessions ?? [])
    .filter(({ warden }) => !warden)
    .map((session) => {
      const role = roles.value && (roles.value.get(session.id) ?? null);
      return { session, role, activity: activityOf(session, role) };
    }),
);

/** The row of each session that is there now, by ID. */
export const rowsById = computed(() => new Map(allRows.value.map((row) => [row.session.id, row])));
export const filter = computed(() => parseFilter(filterText.value));

const byId = (a: Session, b: Session): number => a.id.length - b.id.length || (a.id < b.id ? -1 : Number(a.id > b.id));
const KEYS: Readonly<Record<Exclude<Sort, 'activity' | 'id'>, (session: Session) => string | number | null>> = {
  user: ({ user }) => user,
  host: ({ host }) => host,
  db: ({ db }) => db,
  command: ({ command, state }) => `${command} ${state}`,
  time: ({ time }) => time,
  transaction: ({ transaction }) => transaction && (transaction.time ?? 0),
  statement: ({ statement }) => statement?.text ?? null,
};

/** What is not there or not known stands last, both ways. */
function compareKeys(a: string | number | null, b: string | number | null, isDown: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return (a < b ? -1 : Number(a > b)) * (isDown ? -1 : 1);
}

function compareRows(a: Row, b: Row, by: Sort, isDown: boolean): number {
  if (by === 'id') return byId(a.session, b.session) * (isDown ? -1 : 1);
  const key = by === 'activity' ? undefined : KEYS[by];
  const first = key
    ? compareKeys(key(a.session), key(b.session), isDown)
    : (ACTIVITIES.indexOf(a.activity) - ACTIVITIES.indexOf(b.activity)) * (isDown ? -1 : 1);
  return first || compareKeys(a.session.time, b.session.time, true) || byId(a.session, b.session);
}

/** The rows that the filter lets through, in order, and how many it cannot decide on. */
export const shown = computed(() => {
  const { matches } = filter.value;
  const { by, isDown } = sort.value;
  const rows: Row[] = [];
  let undecided = 0;
  for (const row of allRows.value) {
    const holds = matches(row.session, row.role);
    if (holds) rows.push(row);
    else if (holds === undefined) undecided += 1;
  }
  return { rows: rows.sort((a, b) => compareRows(a, b, by, isDown)), undecided };
});

/** By what sessions are counted beside the table; the words of the API's `groupBy`. */
export const GROUPINGS = ['user', 'host', 'db', 'command', 'state', 'tenant', 'fingerprint'] as const;
export type Grouping = (typeof GROUPINGS)[number];
export const grouping = signal<Grouping>('user');

/** Sessions that have the same in a column. */
export interface Group {
  /** `null`: there is none; `undefined`: the server does not show it. */
  readonly value: string | null | undefined;
  readonly rows: readonly Row[];
}

const fingerprints = new Map<string, string>();
const MOST_FINGERPRINTS = 20_000;

/** The statement without its literals, worked out once for each text. */
function fingerprint(text: string): string {
  const known = fingerprints.get(text);
  if (known !== undefined) return known;
  if (fingerprints.size > MOST_FINGERPRINTS) fingerprints.clear();
  const made = fingerprintOf(text);
  fingerprints.set(text, made);
  return made;
}

const isUnknown = (session: Session, field: string): boolean => session.unknown.some((one) => one.field === field);

/** What a session has in a column. */
export function groupValue(session: Session, by: Grouping): string | null | undefined {
  if (by !== 'fingerprint') {
    if (isUnknown(session, by)) return undefined;
    const value = session[by];
    return by === 'host' && value !== null ? addressOf(value) : value;
  }
  if (isUnknown(session, 'statement')) return undefined;
  if (session.statement === null) return null;
  return session.statement.text === null ? undefined : fingerprint(session.statement.text);
}

const MOST_OF_A_STATEMENT = 200;
/** The filter's word for what sessions are counted by. */
const groupField = computed(() => (grouping.value === 'fingerprint' ? 'text' : grouping.value));
/** The filter's word for a group. */
export const wordOf = (value: string | null): string =>
  `${groupField.value}=${value === null ? '-' : quoted(groupField.value === 'text' ? value.slice(0, MOST_OF_A_STATEMENT) : value)}`;

/** Narrows the table to a group, as if somebody had written it, or widens it again. */
export function narrowTo(value: string | null): void {
  const word = wordOf(value);
  const others = wordsWithout(filterText.value, groupField.value);
  filterText.value = [...others, ...(isNarrowedTo(value) ? [] : [word])].join(' ');
}

/** Whether the table shows this group alone. */
export const isNarrowedTo = (value: string | null): boolean => ` ${filterText.value} `.includes(` ${wordOf(value)} `);

/** The rows in groups, the largest first; but for the word that narrows to one of them, as the filter wants. */
export const groups = computed<readonly Group[]>(() => {
  const by = grouping.value;
  const { matches } = parseFilter(wordsWithout(filterText.value, groupField.value).join(' '));
  const rows = allRows.value.filter(({ session, role }) => matches(session, role));
  return [...Map.groupBy(rows, ({ session }) => groupValue(session, by))]
    .map(([value, rows]) => ({ value, rows }))
    .sort((a, b) => b.rows.length - a.rows.length || String(a.value).localeCompare(String(b.value)));
});

/** The sessions that somebody picked, as they were then. */
export const picked = signal<ReadonlyMap<string, Session>>(new Map());
/** The row that the keyboard is on. */
export const cursor = signal<string | undefined>(undefined);
/** The session that is shown beside the table. */
export const opened = signal<string | undefined>(undefined);

/** Picks sessions, or lets them go. */
export function pick(rows: readonly Row[], isPicked: boolean): void {
  const next = new Map(picked.value);
  for (const { session } of rows) {
    if (isPicked) next.set(session.id, session);
    else next.delete(session.id);
  }
  picked.value = next;
}

/** What became of a session since it was picked: its ID may stand for another by now. */
export type Since = 'same' | 'changed' | 'gone';
export const sinceOf = (session: Session): Since => {
  const now = rowsById.value.get(session.id)?.session;
  return now === undefined ? 'gone' : now.tag === session.tag ? 'same' : 'changed';
};

/** Looks at another target. Nothing of the one before is carried over. */
export function lookAt(name: string): void {
  batch(() => {
    target.value = name;
    picked.value = new Map();
    cursor.value = undefined;
    opened.value = undefined;
    counts.value = [];
    sessions.restart();
    blockers.restart();
    health.restart();
  });
}

const lookNow = () => ({
  target: target.value,
  view: view.value,
  filter: filterText.value,
  sort: sort.value,
  grouping: grouping.value,
  isPaused: isPaused.value,
  opened: opened.value ?? null,
  // By ID and tag: nothing of what they do.
  picked: [...picked.value.values()].map(({ id, tag }) => [id, tag] as const),
});
type ViewState = ReturnType<typeof lookNow>;

/** How somebody left the page to sign in, until they are back. */
let left: ViewState | undefined;

/** How the page looks, to be kept while somebody signs in. */
export const viewNow = (): ViewState => left ?? lookNow();

/** What was kept, if it was: it is looked at once targets are there. */
export function comeBack(kept: unknown): void {
  if (typeof kept === 'object' && kept !== null && 'picked' in kept) left = kept as ViewState;
}

/** Lets the page look so again. Who was picked is so again if it is still the same session. */
function lookAgain(before: ViewState): void {
  batch(() => {
    lookAt(before.target);
    view.value = before.view;
    filterText.value = before.filter;
    sort.value = before.sort;
    grouping.value = before.grouping;
    opened.value = before.opened ?? undefined;
  });
  const wanted = new Map(before.picked);
  const end = sessions.look.subscribe(({ value }) => {
    if (value === undefined) return;
    end();
    pick(
      allRows.value.filter(({ session }) => wanted.get(session.id) === session.tag),
      true,
    );
    // Not before they were read.
    isPaused.value = before.isPaused;
  });
}

/** Reads which targets there are, and looks at the first, or at the one that somebody left to sign in. */
export async function loadTargets(): Promise<void> {
  if (!isIn.value) return;
  try {
    targets.value = await api.targets();
    targetsFailure.value = undefined;
    const isThere = (wanted: string | undefined) => targets.value.some(({ name }) => name === wanted);
    const [first] = targets.value;
    const before = left;
    left = undefined;
    if (before !== undefined && isThere(before.target)) lookAgain(before);
    else if (first !== undefined && !isThere(target.value)) lookAt(first.name);
    stop.restart();
  } catch (error) {
    targetsFailure.value = error as Failure;
    if (isIn.value) setTimeout(() => void loadTargets(), 2_000);
  }
}
