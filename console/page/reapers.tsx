import { useState } from 'preact/hooks';
import type { Reap } from '../../client/api.d.ts';
import { api, Failure } from './api.ts';
import { askAbout } from './end-dialog.tsx';
import { ReapView } from './rule-dialog.tsx';
import { rowsById, sessions, target } from './state.ts';
import { many, Problem } from './words.tsx';

/** What a reaper of the configuration would do now, and why. */
export function Reapers() {
  const [name, setName] = useState('');
  const [reap, setReap] = useState<Reap>();
  const [failure, setFailure] = useState<Failure>();
  const preview = async (event: Event) => {
    event.preventDefault();
    setFailure(undefined);
    setReap(undefined);
    try {
      setReap(await api.reap(target.value, { reaper: name.trim() }));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
    }
  };
  /** Those who were shown, and no others: each by its tag. */
  const end = async () => {
    if (reap === undefined) return;
    await sessions.now();
    const seen = reap.victims.flatMap(({ id, tag }) => {
      const now = rowsById.value.get(id)?.session;
      return now?.tag === tag ? [now] : [];
    });
    askAbout(seen, reap.kill, `reaper ${reap.reaper}`);
  };
  return (
    <section class="page" aria-label="Reapers">
      <h2>What a reaper would do now</h2>
      <form class="line" onSubmit={preview}>
        <label>
          Reaper{' '}
          <input
            type="text"
            required
            maxLength={63}
            placeholder="its name in warden.yaml"
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <button type="submit">Preview</button>
      </form>
      {failure !== undefined && <Problem failure={failure} />}
      {reap !== undefined && (
        <>
          <p role="status">
            Of {many(reap.sessions, 'session')} it would {reap.kill === 'query' ? 'cancel the statement of' : 'end'}{' '}
            {reap.victims.length}, and none is ended by looking.
          </p>
          <ReapView reap={reap} />
          {reap.victims.length > 0 && (
            <button type="button" class="danger" onClick={end}>
              {reap.kill === 'query' ? 'Cancel' : 'End'} these {reap.victims.length} …
            </button>
          )}
        </>
      )}
    </section>
  );
}
