import { effect, signal } from '@preact/signals';
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { Blockers } from './blockers.tsx';
import { DetailPanel } from './detail.tsx';
import { Dialog } from './dialog.tsx';
import { askAboutPicked, EndDialogs } from './end-dialog.tsx';
import { Grid, sortBy, table, toggle } from './grid.tsx';
import { Groups } from './groups.tsx';
import { Fullness, HealthPage } from './health.tsx';
import { Reapers } from './reapers.tsx';
import { RecordPage } from './record.tsx';
import { RuleDialogs } from './rule-dialog.tsx';
import { hasToken, isIn, settings, signOut, start } from './sign-in/access.ts';
import { AskWho } from './sign-in/ask.tsx';
import {
  allRows,
  blockers,
  comeBack,
  cursor,
  filter,
  filterText,
  isNarrow,
  isPaused,
  loadTargets,
  lookAt,
  openDialogs,
  opened,
  pick,
  picked,
  SORTS,
  sessions,
  shown,
  sinceOf,
  sort,
  target,
  targets,
  targetsFailure,
  VIEWS,
  view,
} from './state.ts';
import { StopBanner } from './stop.tsx';
import { clock, many, Problem, Text } from './words.tsx';

const isHelpOpen = signal(false);
const areGroupsOpen = signal(false);

const KEYS = [
  ['/', 'filter'],
  ['↑ ↓ Home End PgUp PgDn', 'move'],
  ['Space', 'select; with Shift all from the last one'],
  ['a', 'select all that are shown'],
  ['Enter', 'show the session'],
  ['c', 'cancel the statement of what is selected'],
  ['k', 'end what is selected'],
  ['r', 'read again now'],
  ['p', 'pause'],
  ['1 … 5', 'sessions, blockers, reapers, record, health'],
  ['Esc', 'close, then let go of the selection'],
  ['?', 'this help'],
] as const;

function Help() {
  const close = () => {
    isHelpOpen.value = false;
  };
  return (
    <Dialog title="Keys" onClose={close}>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p>
        The filter takes words, all of which must hold: <code>user=app_*</code> <code>host=</code> <code>db=</code>{' '}
        <code>command=</code> <code>state=</code> <code>tenant=</code> <code>text=</code> <code>idle&gt;5m</code>{' '}
        <code>busy&gt;30s</code> <code>time&gt;1h</code> <code>trx=yes</code> <code>trx&gt;1m</code>{' '}
        <code>blocking=yes</code>; <code>!=</code> for not, <code>=-</code> for none. A word without a field is looked
        for everywhere.
      </p>
      <div class="buttons">
        <button type="button" data-first onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

/** Since when the table cannot be read anew. */
function Failing() {
  const { value, at, failure, failingSince } = sessions.look.value;
  if (failure === undefined) return null;
  const since = `since ${clock(failingSince)}`;
  return (
    <div class="failing">
      {failure.status === 0 ? (
        <p class="problem" role="alert">
          <strong>Not reachable {since}.</strong> It is asked again by itself.
          {value !== undefined && ` What is shown is of ${clock(at)}.`}
        </p>
      ) : (
        <Problem failure={failure}>
          <p>
            {since}
            {value !== undefined && `; what is shown is of ${clock(at)}`}
          </p>
        </Problem>
      )}
    </div>
  );
}

function SelectionBar() {
  const all = [...picked.value.values()];
  const changed = all.filter((session) => sinceOf(session) === 'changed').length;
  const gone = all.filter((session) => sinceOf(session) === 'gone').length;
  if (all.length === 0) return null;
  return (
    <section class="selection" aria-label="Selection">
      <span role="status">
        <strong>{all.length.toLocaleString('en')} selected</strong>
        {gone > 0 && `, ${gone} gone since`}
        {changed > 0 && `, ${changed} changed since: not ended`}
      </span>
      <button type="button" onClick={() => askAboutPicked('query')}>
        Cancel statements <kbd>c</kbd>
      </button>
      <button type="button" class="danger" onClick={() => askAboutPicked('connection')}>
        End sessions <kbd>k</kbd>
      </button>
      <button
        type="button"
        onClick={() => {
          picked.value = new Map();
        }}
      >
        Clear <kbd>Esc</kbd>
      </button>
    </section>
  );
}

function Toolbar() {
  const { rows, undecided } = shown.value;
  const { value, at } = sessions.look.value;
  const loaded = allRows.value.length;
  const isPart = value !== undefined && value.sessions.length < value.total;
  return (
    <div class="toolbar">
      <input
        id="filter"
        type="search"
        aria-label="Filter"
        aria-describedby="found"
        placeholder="Filter:  user=app_*  idle>5m  trx=yes  or any text      /"
        spellcheck={false}
        autocomplete="off"
        value={filterText.value}
        onInput={({ currentTarget }) => {
          filterText.value = currentTarget.value;
        }}
      />
      <label class="narrow-only">
        Sort{' '}
        <select
          value={sort.value.by}
          onChange={({ currentTarget }) => sortBy(SORTS.find((one) => one === currentTarget.value) ?? 'activity')}
        >
          {SORTS.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="narrow-only"
        aria-expanded={areGroupsOpen.value}
        onClick={() => {
          areGroupsOpen.value = !areGroupsOpen.value;
        }}
      >
        Groups
      </button>
      <span id="found">
        {filterText.value === '' ? (
          many(loaded, 'session')
        ) : (
          <>
            {rows.length.toLocaleString('en')} of {many(loaded, 'session')}
          </>
        )}
        {isPart && `, of ${value.total.toLocaleString('en')} in all`}
        {undecided > 0 && ` · ${undecided} not decided, since the server does not show it`}
        {blockers.look.value.failure !== undefined && ' · locks not shown'}
      </span>
      <span class="quiet">
        {value === undefined ? 'reading …' : `${isPaused.value ? 'paused' : 'read'} at ${clock(at)}`}
      </span>
      <button
        type="button"
        class="small"
        aria-pressed={isPaused.value}
        onClick={() => {
          isPaused.value = !isPaused.value;
        }}
      >
        Pause
      </button>
      {filter.value.wrong.map((one) => (
        <p key={one} class="wrong" role="alert">
          <Text of={one} />
        </p>
      ))}
    </div>
  );
}

function SessionsPage() {
  return (
    <div class={`sessions${areGroupsOpen.value ? ' with-groups' : ''}`}>
      <Groups />
      <div class="middle">
        <Toolbar />
        <Failing />
        <Grid />
        <SelectionBar />
      </div>
      <DetailPanel />
    </div>
  );
}

const PAGES = { sessions: SessionsPage, blockers: Blockers, reapers: Reapers, record: RecordPage, health: HealthPage };

function Header() {
  const here = targets.value.find(({ name }) => name === target.value);
  return (
    <header class="top">
      <h1>Session Warden</h1>
      {targets.value.length > 1 ? (
        <select aria-label="Target" value={target.value} onChange={({ currentTarget }) => lookAt(currentTarget.value)}>
          {targets.value.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      ) : (
        <strong>
          <Text of={target.value} />
        </strong>
      )}
      <span class="quiet engine">
        {here?.engine} {here?.version != null && <Text of={here.version} most={40} />}
      </span>
      <nav aria-label="Pages">
        {VIEWS.map((one) => (
          <button
            key={one}
            type="button"
            aria-current={view.value === one ? 'page' : undefined}
            onClick={() => {
              view.value = one;
            }}
          >
            {one[0]?.toUpperCase()}
            {one.slice(1)}
          </button>
        ))}
      </nav>
      <Fullness />
      <button
        type="button"
        class="small"
        aria-label="Keys"
        onClick={() => {
          isHelpOpen.value = true;
        }}
      >
        ?
      </button>
      {hasToken() && (
        <button type="button" class="small" onClick={() => void signOut()}>
          {settings.value?.signIn === 'issuer' ? 'Sign out' : 'Forget token'}
        </button>
      )}
    </header>
  );
}

async function begin(): Promise<void> {
  comeBack(await start());
  await loadTargets();
}

function App() {
  useEffect(() => void begin(), []);
  if (!isIn.value) return <AskWho />;
  const Page = PAGES[view.value];
  return (
    <>
      <Header />
      <StopBanner />
      <main>
        {targetsFailure.value !== undefined && <Problem failure={targetsFailure.value} />}
        {targetsFailure.value === undefined && target.value === '' && <p class="page">No target that you may see.</p>}
        {target.value !== '' && <Page key={target.value} />}
      </main>
      <EndDialogs />
      <RuleDialogs />
      {isHelpOpen.value && <Help />}
    </>
  );
}

/** Moves through the table: by so many rows, or to an end. */
function move(by: number): void {
  const { rows } = shown.value;
  const from = rows.findIndex(({ session }) => session.id === cursor.value);
  const to = Math.min(Math.max(from < 0 ? 0 : from + by, 0), rows.length - 1);
  cursor.value = rows[to]?.session.id;
  if (opened.value !== undefined) opened.value = cursor.value;
  table.scrollTo(to);
}

const rowHere = () => shown.value.rows.find(({ session }) => session.id === cursor.value);

/** What each key does on the table. */
const ON_TABLE: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  PageDown: () => move(table.page()),
  PageUp: () => move(-table.page()),
  Home: () => move(-Infinity),
  End: () => move(Infinity),
  ' ': (event) => {
    const row = rowHere();
    if (row) toggle(row, event.shiftKey);
  },
  Enter: () => {
    opened.value = cursor.value;
  },
  a: () => pick(shown.value.rows, true),
  c: () => askAboutPicked('query'),
  k: () => askAboutPicked('connection'),
};

function selectFilter(): boolean {
  const filter = document.querySelector<HTMLInputElement>('#filter');
  filter?.select();
  return filter !== null;
}

const ANYWHERE: Readonly<Record<string, () => void>> = {
  '/': () => {
    view.value = 'sessions';
    // Before the next key, which must not be taken for one of the page's own: a new view is drawn in a microtask.
    if (!selectFilter()) queueMicrotask(selectFilter);
  },
  '?': () => {
    isHelpOpen.value = true;
  },
  p: () => {
    isPaused.value = !isPaused.value;
  },
  r: () => void sessions.now(),
  Escape: () => {
    if (opened.value !== undefined) opened.value = undefined;
    else picked.value = new Map();
    table.focus();
  },
  ...Object.fromEntries(
    VIEWS.map((one, index) => [
      String(index + 1),
      () => {
        view.value = one;
      },
    ]),
  ),
};

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || openDialogs.value > 0 || !isIn.value) return;
  const { target: element, key } = event;
  if (element instanceof HTMLElement && element.matches('input:not([type=checkbox]), select, textarea')) {
    if (element.id !== 'filter' || !['Escape', 'Enter', 'ArrowDown'].includes(key)) return;
    event.preventDefault();
    if (key === 'Escape') filterText.value = '';
    table.focus();
    return;
  }
  const isButton = element instanceof HTMLElement && element.matches('button, summary, a, input');
  const onTable =
    view.value === 'sessions' && !(isButton && (key === 'Enter' || key === ' ')) ? ON_TABLE[key] : undefined;
  const act = onTable ?? ANYWHERE[key];
  if (act === undefined) return;
  event.preventDefault();
  act(event);
}

addEventListener('keydown', onKey);
const narrow = matchMedia('(max-width: 720px)');
const measure = () => {
  isNarrow.value = narrow.matches;
};
narrow.addEventListener('change', measure);
measure();
effect(() => {
  document.title = target.value === '' ? 'Session Warden' : `${target.value} – Session Warden`;
});
render(<App />, document.body);
