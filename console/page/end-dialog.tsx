import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { BulkKill, Session } from '../../client/api.d.ts';
import { ACTIVITY_WORDS, doingOf } from './activity.ts';
import { api, Failure } from './api.ts';
import { Dialog } from './dialog.tsx';
import { cursor, picked, rowsById, type Since, sessions, sinceOf, target } from './state.ts';
import { Field, many, Problem, seconds, Text } from './words.tsx';

export type Kind = 'connection' | 'query';

/** Somebody who would be ended: as they were picked, and as they are now. */
export interface Victim {
  readonly session: Session;
  /** Why they are left alone; `null` where they are not. */
  readonly leftAlone: string | null;
}

interface Asked {
  readonly kind: Kind;
  readonly victims: readonly Victim[];
  readonly reason: string;
}

/** What is asked about just now. */
export const asked = signal<Asked | undefined>(undefined);

/** Whether a session that was picked some time ago is still the same, and may be ended at all. */
function judge(was: Session, kind: Kind, now: Session, since: Since): Victim {
  const leftAlone = (why: string): Victim => ({ session: was, leftAlone: why });
  if (since === 'gone') return leftAlone('is gone');
  if (since === 'changed') return leftAlone('is another session by now');
  if (now.protected) return leftAlone('is protected');
  if (kind === 'connection') return { session: now, leftAlone: null };
  if (now.statement === null) return leftAlone('runs nothing');
  if (was.statement === null || was.statement.tag !== now.statement.tag)
    return leftAlone('runs another statement by now');
  return { session: now, leftAlone: null };
}

/** Asks about sessions as they stand before somebody now. */
export function askAbout(seen: readonly Session[], kind: Kind, reason = ''): void {
  asked.value = { kind, victims: seen.map((one) => judge(one, kind, one, 'same')), reason };
}

/** Asks about what is picked, else about the row that the keyboard is on. */
export function askAboutPicked(kind: Kind): void {
  const here = rowsById.value.get(cursor.value ?? '')?.session;
  const seen = picked.value.size > 0 ? [...picked.value.values()] : here === undefined ? [] : [here];
  const judged = (was: Session) => judge(was, kind, rowsById.value.get(was.id)?.session ?? was, sinceOf(was));
  if (seen.length > 0) asked.value = { kind, victims: seen.map(judged), reason: '' };
}

const WORDS: Readonly<Record<string, string>> = {
  terminated: 'ended',
  'query-cancelled': 'statement cancelled',
  'already-gone': 'had ended by itself',
  changed: 'is something else by now; not ended',
  pending: 'being ended: the server still rolls back …',
  refused: 'refused',
  'nothing-running': 'ran nothing',
  'cut-another': 'its next statement was cut',
  'not-allowed': 'not yours to end',
  'approval-needed': 'needs somebody’s approval: ask in chat',
  protected: 'protected',
  'kills-stopped': 'all kills are stopped',
  'too-many-kills': 'too many within a minute; try again later',
  'session-not-found': 'had ended by itself',
};
const GOOD: ReadonlySet<string> = new Set(['terminated', 'query-cancelled', 'already-gone', 'session-not-found']);

/** What became of one, as a word; green where it is over. */
export function Outcome({ of }: { of: Pick<BulkKill, 'outcome' | 'code'> }) {
  const word = of.outcome ?? of.code ?? '';
  return (
    <span class={`outcome ${GOOD.has(word) ? 'good' : word === 'pending' ? 'open' : 'bad'}`}>
      {WORDS[word] ?? word}
    </span>
  );
}

const FOLLOW_MS = 30_000;
const LOOK_MS = 1_000;
const LATER = 'still rolling back; the record will tell';

/** Looks until a kill that the server still works on is over. @returns what to say; `undefined` where it is not over in time */
async function follow(at: string, session: Session, kind: Kind, isOver: () => boolean): Promise<string | undefined> {
  for (const end = Date.now() + FOLLOW_MS; Date.now() < end && !isOver(); ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    try {
      const now = await api.session(at, session.id);
      if (now.tag !== session.tag) return 'terminated';
      if (kind === 'query' && now.statement?.tag !== session.statement?.tag) return 'query-cancelled';
    } catch (error) {
      if (error instanceof Failure && error.status === 404) return 'terminated';
    }
  }
  return undefined;
}

/** Who it is, from where, what it does and since when. */
function VictimOf({
  victim: { session, leftAlone },
  end,
  late,
}: {
  victim: Victim;
  end: BulkKill | undefined;
  late: boolean;
}) {
  const role = rowsById.value.get(session.id)?.role;
  return (
    <li class={leftAlone === null ? '' : 'left-alone'}>
      <p>
        <strong>{session.id}</strong> <Field session={session} name="user" /> <span class="quiet">from</span>{' '}
        <Field session={session} name="host" /> <span class="quiet">in</span> <Field session={session} name="db" />
      </p>
      <p>
        {ACTIVITY_WORDS[doingOf(session)]} <span class="quiet">for</span> {seconds(session.time)}
        {role?.waits && ', waits for a lock'}
        {role && role.holdsUp > 0 && `, holds up ${many(role.holdsUp, 'session')}`}
        {session.transaction !== null && (
          <>
            ,{' '}
            <span class="mark">
              transaction open {session.transaction.time !== null && seconds(session.transaction.time)}
              {session.changes !== null && session.changes > 0 && `, ${many(session.changes, 'row')} to undo`}
            </span>
          </>
        )}
        {leftAlone !== null && <span class="outcome bad">left alone: {leftAlone}</span>}
        {end !== undefined && (late ? <span class="outcome open">{LATER}</span> : <Outcome of={end} />)}
      </p>
      {session.statement?.text != null && (
        <p class="statement">
          <Text of={session.statement.text} />
        </p>
      )}
    </li>
  );
}

const AT_ONCE = 1_000;

/** Shows exactly who ends, asks why, ends them, and tells what became of each. */
function EndDialog({ kind, victims, reason: given }: Asked) {
  const [reason, setReason] = useState(given);
  const [ends, setEnds] = useState<ReadonlyMap<string, BulkKill>>(new Map());
  const [late, setLate] = useState<ReadonlySet<string>>(new Set());
  const [step, setStep] = useState<'asks' | 'ends' | 'told'>('asks');
  const [failure, setFailure] = useState<Failure>();
  const isOver = useRef(false);
  useEffect(
    () => () => {
      isOver.current = true;
    },
    [],
  );
  const doomed = victims.filter(({ leftAlone }) => leftAlone === null).map(({ session }) => session);
  const verb = kind === 'connection' ? 'End' : 'Cancel';
  const what = kind === 'connection' ? many(doomed.length, 'session') : many(doomed.length, 'statement');
  const set = (end: BulkKill) => setEnds((before) => new Map(before).set(end.id, end));

  const carryOut = async (event: Event) => {
    event.preventDefault();
    const at = target.value;
    setStep('ends');
    setFailure(undefined);
    try {
      const results = [...ends.values()];
      for (let from = results.length; from < doomed.length; from += AT_ONCE) {
        const kills = doomed.slice(from, from + AT_ONCE).map((session) => {
          const tag = kind === 'connection' ? session.tag : session.statement?.tag;
          return { id: session.id, kind, ...(tag !== undefined && { tag }) };
        });
        const some = await api.kills(at, kills, reason.trim());
        some.forEach(set);
        results.push(...some);
      }
      // They are no longer what was picked.
      const rest = new Map(picked.value);
      for (const { session } of victims) rest.delete(session.id);
      picked.value = rest;
      setStep('told');
      await Promise.all(
        results.map(async (end) => {
          const session = doomed.find(({ id }) => id === end.id);
          if (end.outcome !== 'pending' || session === undefined) return;
          const found = await follow(at, session, kind, () => isOver.current);
          if (found === undefined) setLate((before) => new Set(before).add(end.id));
          else set({ ...end, outcome: found as BulkKill['outcome'] });
        }),
      );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
      setStep('asks');
    }
  };
  const close = () => {
    asked.value = undefined;
    void sessions.now();
  };
  const tally = [...Map.groupBy(ends.values(), ({ outcome, code }) => outcome ?? code ?? '')];
  return (
    <Dialog
      title={step === 'told' ? 'What became of them' : `${verb} ${what}?`}
      isBusy={step === 'ends'}
      onClose={close}
    >
      <form onSubmit={carryOut}>
        {step === 'told' ? (
          <p role="status">
            {tally.map(([word, some]) => `${some.length} ${WORDS[word] ?? word}`).join(', ') || 'Nobody was ended.'}
          </p>
        ) : (
          <p>
            {kind === 'connection'
              ? 'Their connections are closed and open transactions rolled back. '
              : 'Their connections and transactions stay. '}
            Only these, as they are shown here, are ended:
          </p>
        )}
        <ul class="victims" tabIndex={0} aria-label="Who">
          {victims.map((victim) => (
            <VictimOf
              key={victim.session.id}
              victim={victim}
              end={ends.get(victim.session.id)}
              late={late.has(victim.session.id)}
            />
          ))}
        </ul>
        {failure !== undefined && <Problem failure={failure} />}
        {step !== 'told' && (
          <label class="wide">
            Reason, for the record
            <input
              type="text"
              maxLength={500}
              data-first
              value={reason}
              disabled={step === 'ends'}
              onInput={({ currentTarget }) => setReason(currentTarget.value)}
            />
          </label>
        )}
        <div class="buttons">
          {step !== 'told' && (
            <button type="submit" class="danger" disabled={step === 'ends' || doomed.length === 0}>
              {step === 'ends' ? 'Ending …' : `${verb} ${what}`}
            </button>
          )}
          <button
            type="button"
            disabled={step === 'ends'}
            data-first={step === 'told' ? true : undefined}
            onClick={close}
          >
            {step === 'told' ? 'Close' : 'Back'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** The dialog, where something is asked. */
export const EndDialogs = () => asked.value && <EndDialog {...asked.value} />;
