import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Session, SessionDetail } from '../../client/api.d.ts';
import { ACTIVITY_WORDS, doingOf } from './activity.ts';
import { api, Failure } from './api.ts';
import { askAbout } from './end-dialog.tsx';
import { ActivityMark } from './grid.tsx';
import { opened, rowsById, target } from './state.ts';
import { Block, Field, many, None, Problem, seconds, Text, Unknown } from './words.tsx';

interface Loaded {
  readonly id: string;
  readonly detail?: SessionDetail;
  readonly failure?: Failure;
}

const loaded = signal<Loaded | undefined>(undefined);

/** Reads what a list does not show: locks, and, for who may and asks, the statement in full. */
async function load(id: string, full: boolean): Promise<void> {
  try {
    const detail = await api.session(target.value, id, full);
    if (opened.value === id) loaded.value = { id, detail };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (opened.value === id) loaded.value = { id, failure };
  }
}

function Statement({ session, detail }: { session: Session; detail: SessionDetail | undefined }) {
  const now = session.statement;
  if (now === null) return null;
  // What was read in full is of that statement alone.
  const read = detail?.statement?.tag === now.tag ? detail.statement : undefined;
  const text = read?.text ?? now.text;
  return (
    <section>
      <h3>Statement</h3>
      {text === null ? <Unknown /> : <Block of={text} />}
      {now.masked && (read?.masked ?? true) && (
        <button
          type="button"
          class="small"
          title="It goes on the record who reads it so."
          onClick={() => load(session.id, true)}
        >
          Show in full
        </button>
      )}
      {read?.masked === true && <span class="quiet"> Literals are hidden unless you may read them.</span>}
    </section>
  );
}

const Other = ({ id, reason }: { id: string | null; reason?: string | null }) =>
  id === null ? (
    <Text of={reason ?? 'a session that you may not view'} />
  ) : (
    <button type="button" class="link" onClick={() => (opened.value = id)}>
      {id}
    </button>
  );

function Locks({ detail }: { detail: SessionDetail }) {
  const { locks } = detail;
  if (locks === null) return <p class="quiet">The server does not show its locks to our account.</p>;
  if (locks.blocks.length + locks.waitsFor.length === 0) return null;
  return (
    <section>
      <h3>Locks</h3>
      <ul>
        {locks.waitsFor.map(({ id, seconds: time, lock, reason, likely }) => (
          <li key={id}>
            waits {seconds(time)} for {likely && 'likely '}
            <Other id={id} reason={reason} /> (<Text of={lock} />)
          </li>
        ))}
        {locks.blocks.map(({ id, seconds: time, likely }) => (
          <li key={id}>
            {likely ? 'may hold up ' : 'holds up '}
            <Other id={id} /> for {seconds(time)}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** One session, beside the table. */
export function DetailPanel() {
  const id = opened.value;
  const row = id === undefined ? undefined : rowsById.value.get(id);
  const tag = row?.session.tag;
  useEffect(() => {
    loaded.value = undefined;
    if (id !== undefined) void load(id, false);
  }, [id, tag]);
  if (id === undefined) return null;
  const close = () => {
    opened.value = undefined;
  };
  const { detail, failure } = loaded.value?.id === id ? loaded.value : {};
  return (
    <aside class="detail" aria-label={`Session ${id}`}>
      <header>
        <h2>Session {id}</h2>
        <button type="button" class="small" onClick={close}>
          Close
        </button>
      </header>
      {row === undefined ? (
        <p>It is gone from the process list.</p>
      ) : (
        <>
          <p>
            <ActivityMark row={row} />
            {row.activity !== doingOf(row.session) && `, ${ACTIVITY_WORDS[doingOf(row.session)]}`} for{' '}
            {seconds(row.session.time)}
          </p>
          <dl>
            {(['user', 'host', 'db', 'state', 'tenant'] as const).map((name) => (
              <div key={name}>
                <dt>{{ user: 'User', host: 'Client', db: 'Database', state: 'State', tenant: 'Tenant' }[name]}</dt>
                <dd>
                  <Field session={row.session} name={name} />
                </dd>
              </div>
            ))}
            <div>
              <dt>Command</dt>
              <dd>
                <Text of={row.session.command} />
              </dd>
            </div>
            <div>
              <dt>Transaction</dt>
              <dd>
                {row.session.transaction === null ? (
                  (row.session.unknown.find(({ field }) => field === 'transaction')?.why ?? <None />)
                ) : (
                  <>
                    <Text of={row.session.transaction.state} />, {seconds(row.session.transaction.time)}
                    {row.session.transaction.id !== null && (
                      <>
                        , <Text of={row.session.transaction.id} />
                      </>
                    )}
                    {row.session.changes !== null && `, ${many(row.session.changes, 'row')} changed`}
                  </>
                )}
              </dd>
            </div>
          </dl>
          <Statement session={row.session} detail={detail} />
          {detail && <Locks detail={detail} />}
          <div class="buttons">
            <button
              type="button"
              disabled={row.session.statement === null}
              onClick={() => askAbout([row.session], 'query')}
            >
              Cancel statement
            </button>
            <button type="button" class="danger" onClick={() => askAbout([row.session], 'connection')}>
              End session
            </button>
          </div>
        </>
      )}
      {row !== undefined && failure !== undefined && <Problem failure={failure} />}
    </aside>
  );
}
