import type { Blocker } from '../../client/api.d.ts';
import { askAbout } from './end-dialog.tsx';
import { blockers, cursor, opened, view } from './state.ts';
import { Field, many, Problem, seconds, Text } from './words.tsx';

function show(id: string): void {
  view.value = 'sessions';
  cursor.value = id;
  opened.value = id;
}

function Place({ node }: { node: Blocker }) {
  const { id, session, waitedFor, lock, holdsUp, longestWait, likely, reason, xa, waiters } = node;
  const isRoot = lock === null;
  return (
    <li>
      <div class={`place${isRoot ? ' root' : ''}`}>
        <p>
          {id === null ? (
            <Text of={reason ?? 'not known'} />
          ) : (
            <button type="button" class="link" onClick={() => show(id)}>
              {id}
            </button>
          )}{' '}
          {session !== null && (
            <>
              <Field session={session} name="user" /> <span class="quiet">in</span>{' '}
              <Field session={session} name="db" />{' '}
              <span class="quiet">
                <Text of={session.command} /> {seconds(session.time)}
              </span>
            </>
          )}
        </p>
        <p>
          {!isRoot && (
            <>
              waits {waitedFor === null ? '' : seconds(waitedFor)} for <Text of={lock} />
            </>
          )}
          {!isRoot && holdsUp > 0 && ', '}
          {holdsUp > 0 && (
            <strong>
              {likely ? 'may hold up' : 'holds up'} {many(holdsUp, 'session')}
              {longestWait !== null && ` for up to ${seconds(longestWait)}`}
            </strong>
          )}
        </p>
        {xa.map((one) => (
          <p key={one}>
            prepared XA transaction <Text of={one} />
          </p>
        ))}
        {session?.statement?.text != null && (
          <p class="statement">
            <Text of={session.statement.text} />
          </p>
        )}
        {session !== null && isRoot && (
          <button type="button" class="small" onClick={() => askAbout([session], 'connection', 'holds up others')}>
            End {session.id} …
          </button>
        )}
      </div>
      {waiters.length > 0 && (
        <ul>
          {waiters.map((waiter, index) => (
            <Place key={waiter.id ?? index} node={waiter} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** Who blocks whom, as a tree. */
export function Blockers() {
  const { value, failure } = blockers.look.value;
  return (
    <section class="page" aria-label="Blockers">
      <h2>Who blocks whom</h2>
      {failure !== undefined && <Problem failure={failure} />}
      {value?.length === 0 && <p>No session waits for another.</p>}
      <ul class={`tree${failure === undefined ? '' : ' stale'}`}>
        {value?.map((node, index) => (
          <Place key={node.id ?? index} node={node} />
        ))}
      </ul>
    </section>
  );
}
