import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useCallback, useLayoutEffect, useReducer, useRef } from 'preact/hooks';
import { ACTIVITY_WORDS, ageOf } from './activity.ts';
import {
  cursor,
  filterText,
  isNarrow,
  opened,
  pick,
  picked,
  type Row,
  type Sort,
  sessions,
  shown,
  sinceOf,
  sort,
} from './state.ts';
import { Field, None, seconds, Text, Unknown } from './words.tsx';

const ROW = 30;
const ROW_NARROW = 74;

interface Column {
  readonly by: Sort;
  readonly title: string;
}

const COLUMNS: readonly Column[] = [
  { by: 'activity', title: 'Activity' },
  { by: 'id', title: 'ID' },
  { by: 'user', title: 'User' },
  { by: 'host', title: 'Client' },
  { by: 'db', title: 'Database' },
  { by: 'command', title: 'Command' },
  { by: 'time', title: 'Time' },
  { by: 'transaction', title: 'Transaction' },
  { by: 'statement', title: 'Statement' },
];

/** Sorts by a column, the other way round where it is so already. Times begin with the longest. */
export function sortBy(by: Sort): void {
  const isSame = sort.value.by === by;
  sort.value = { by, isDown: isSame ? !sort.value.isDown : by === 'time' || by === 'transaction' };
}

/** Where the last pick was made, for a pick of all up to another. */
let lastPick: string | undefined;

/** Picks a row or lets it go, with Shift all from the last one on. */
export function toggle(row: Row, toLast = false): void {
  const { rows } = shown.value;
  const isPicked = !picked.value.has(row.session.id);
  const from = rows.findIndex(({ session }) => session.id === lastPick);
  const to = rows.indexOf(row);
  const range = toLast && from >= 0 ? rows.slice(Math.min(from, to), Math.max(from, to) + 1) : [row];
  pick(range, toLast || isPicked);
  lastPick = row.session.id;
}

/** The table's element and its virtual list, for who moves through it. */
export const table: { scrollTo: (index: number) => void; focus: () => void; page: () => number } = {
  scrollTo: () => {},
  focus: () => {},
  page: () => 10,
};

/** Keeps the rows that somebody looks at where they are, whatever comes and goes above them. */
function useKeptPlace(box: RefObject<HTMLDivElement | null>, rows: readonly Row[], size: number): void {
  const before = useRef<{ rows: readonly Row[]; asked: string }>({ rows: [], asked: '' });
  useLayoutEffect(() => {
    const asked = JSON.stringify([sort.value, filterText.value]);
    const old = before.current;
    before.current = { rows, asked };
    const element = box.current;
    if (element === null || element.scrollTop === 0) return;
    if (asked !== old.asked) {
      element.scrollTop = 0;
      return;
    }
    const places = new Map(rows.map(({ session }, index) => [session.id, index]));
    for (let at = Math.floor(element.scrollTop / size); at < old.rows.length; at += 1) {
      const place = places.get(old.rows[at]?.session.id ?? '');
      if (place === undefined) continue;
      if (place !== at) element.scrollTop += (place - at) * size;
      return;
    }
  }, [rows]);
}

/** The rows that are in sight, of which only so many are in the document. */
function useRows(rows: readonly Row[], size: number) {
  const box = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer((turn: number) => turn + 1, 0);
  const kept = useRef<Virtualizer<HTMLDivElement, HTMLDivElement>>(undefined);
  const getItemKey = useCallback((index: number) => rows[index]?.session.id ?? index, [rows]);
  const options = {
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => size,
    getItemKey,
    overscan: 8,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(undefined),
  };
  kept.current ??= new Virtualizer(options);
  const virtual = kept.current;
  virtual.setOptions(options);
  useLayoutEffect(() => virtual._didMount(), []);
  useLayoutEffect(() => virtual._willUpdate());
  useLayoutEffect(() => virtual.measure(), [size]);
  useKeptPlace(box, rows, size);
  table.scrollTo = (index) => virtual.scrollToIndex(index, { align: 'auto' });
  table.focus = () => box.current?.parentElement?.focus();
  table.page = () => Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / size) - 1);
  return { box, virtual };
}

function Head() {
  const { by, isDown } = sort.value;
  const { rows } = shown.value;
  const isAll = rows.length > 0 && rows.every(({ session }) => picked.value.has(session.id));
  return (
    <div class="row head" role="row" aria-rowindex={1}>
      <div role="columnheader" class="pick">
        <input
          type="checkbox"
          aria-label="Select all that are shown"
          checked={isAll}
          disabled={rows.length === 0}
          onChange={() => pick(rows, !isAll)}
        />
      </div>
      {COLUMNS.map(({ by: column, title }) => (
        <div
          key={column}
          role="columnheader"
          class={column}
          aria-sort={by === column ? (isDown ? 'descending' : 'ascending') : 'none'}
        >
          <button type="button" onClick={() => sortBy(column)}>
            {title}
          </button>
        </div>
      ))}
    </div>
  );
}

/** What a session's transaction is like, in one short word. */
function Transaction({ session: { transaction, unknown } }: Pick<Row, 'session'>) {
  if (transaction !== null)
    return <span class="mark">open {transaction.time !== null && seconds(transaction.time)}</span>;
  const why = unknown.find(({ field }) => field === 'transaction')?.why;
  return why === undefined ? <None /> : <Unknown why={why} />;
}

function Statement({ session: { statement, unknown } }: Pick<Row, 'session'>) {
  if (statement?.text != null) return <Text of={statement.text} />;
  const why = unknown.find(({ field }) => field === 'statement' || field === 'text')?.why;
  return why === undefined ? <None /> : <Unknown why={why} />;
}

/** What a session is about, with whom it holds up or waits for. */
export function ActivityMark({ row: { activity, role } }: { row: Row }) {
  return (
    <>
      <span class={`dot ${activity}`} aria-hidden="true" />
      {activity === 'blocks' ? `blocks ${role?.holdsUp}` : ACTIVITY_WORDS[activity]}
    </>
  );
}

function RowOf({ row, index, start, size }: { row: Row; index: number; start: number; size: number }) {
  const { session, activity } = row;
  const { id } = session;
  const was = picked.value.get(id);
  const isChanged = was !== undefined && sinceOf(was) === 'changed';
  const classes = [
    'row',
    activity,
    was !== undefined && 'picked',
    cursor.value === id && 'cursor',
    isChanged && 'changed',
  ];
  return (
    <div
      id={`row-${id}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={was !== undefined}
      class={classes.filter(Boolean).join(' ')}
      style={{ transform: `translateY(${start}px)`, height: `${size}px` }}
      onClick={() => {
        cursor.value = id;
        opened.value = id;
      }}
    >
      <div role="gridcell" class="pick" onClick={(event) => event.stopPropagation()}>
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={`Select session ${id}`}
          checked={was !== undefined}
          onClick={(event) => {
            cursor.value = id;
            toggle(row, event.shiftKey);
          }}
        />
      </div>
      <div role="gridcell" class="activity">
        {isChanged ? <span class="mark">another session by now</span> : <ActivityMark row={row} />}
      </div>
      <div role="gridcell" class="id">
        {id}
      </div>
      <div role="gridcell" class="user">
        <Field session={session} name="user" />
      </div>
      <div role="gridcell" class="host">
        <Field session={session} name="host" />
      </div>
      <div role="gridcell" class="db">
        <Field session={session} name="db" />
      </div>
      <div role="gridcell" class="command">
        <Text of={session.command} />{' '}
        {session.state !== null && session.state.toLowerCase() !== session.command.toLowerCase() && (
          <span class="quiet">
            <Text of={session.state} />
          </span>
        )}
      </div>
      <div role="gridcell" class={`time ${ageOf(session, activity)}`}>
        {seconds(session.time)}
      </div>
      <div role="gridcell" class="transaction">
        <Transaction session={session} />
      </div>
      <div role="gridcell" class="statement">
        <Statement session={session} />
      </div>
    </div>
  );
}

/** The table of sessions. */
export function Grid() {
  const { rows } = shown.value;
  const size = isNarrow.value ? ROW_NARROW : ROW;
  const { box, virtual } = useRows(rows, size);
  const items = virtual.getVirtualItems();
  const isInSight = items.some(({ key }) => key === cursor.value);
  const isStale = sessions.look.value.failure !== undefined;
  return (
    <div
      class={`grid${isStale ? ' stale' : ''}`}
      role="grid"
      tabIndex={0}
      aria-label="Sessions"
      aria-multiselectable="true"
      aria-rowcount={rows.length + 1}
      aria-colcount={COLUMNS.length + 1}
      aria-activedescendant={isInSight ? `row-${cursor.value}` : undefined}
      onFocus={() => {
        cursor.value ??= rows[0]?.session.id;
      }}
    >
      <div role="rowgroup">
        <Head />
      </div>
      <div class="rows" role="rowgroup" ref={box}>
        <div class="all" role="presentation" style={{ height: `${virtual.getTotalSize()}px` }}>
          {items.map(({ index, start, key }) => {
            const row = rows[index];
            return row && <RowOf key={key} row={row} index={index} start={start} size={size} />;
          })}
        </div>
      </div>
    </div>
  );
}
