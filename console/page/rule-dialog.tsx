import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { Reap } from '../../client/api.d.ts';
import { type AskedRun, api, Failure } from './api.ts';
import { Dialog } from './dialog.tsx';
import { Outcome } from './end-dialog.tsx';
import { idleIn } from './filter.ts';
import { filterText, type Grouping, sessions, target } from './state.ts';
import { many, None, Problem, seconds, Text } from './words.tsx';

interface Condition {
  readonly by: Grouping;
  readonly value: string;
}

/** The group whose idle sessions are asked about. */
export const condition = signal<Condition | undefined>(undefined);

/** A pattern that matches this value alone, whatever signs it holds. */
export const literal = (value: string): string =>
  /[*]|^\/.*\/[is]*$/s.test(value) ? `/^${value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$/s` : value;

/** Asks about the idle sessions of a group; `undefined` where no rule can name the group. */
export const ruleOf = (by: Grouping, value: string): (() => void) | undefined =>
  by === 'fingerprint' || value === '' ? undefined : () => (condition.value = { by, value });

const IDLE = ['1m', '5m', '15m', '1h', '8h'] as const;

/** Who a run chose or would choose, with the reasons, and who was spared. */
export function ReapView({ reap }: { reap: Reap }) {
  return (
    <>
      {reap.held !== null && <p class="problem">Held back: {reap.held}</p>}
      {reap.undecidable.map(({ field, why }) => (
        <p key={field} class="quiet">
          Not decided by {field}: {why}
        </p>
      ))}
      <ul class="victims" tabIndex={0} aria-label="Who" hidden={reap.victims.length === 0}>
        {reap.victims.map((victim) => (
          <li key={victim.id}>
            <p>
              <strong>{victim.id}</strong> {victim.user === null ? <None /> : <Text of={victim.user} />}{' '}
              <span class="quiet">from</span> {victim.host === null ? <None /> : <Text of={victim.host} />}{' '}
              <span class="quiet">in</span> {victim.db === null ? <None /> : <Text of={victim.db} />}
            </p>
            <p>
              <Text of={victim.command} /> <span class="quiet">for</span> {seconds(victim.time)}
              {(victim.outcome !== null || victim.code !== null) && <Outcome of={victim} />}
            </p>
            <p class="quiet">
              <Text of={victim.reasons.join('; ')} />
            </p>
          </li>
        ))}
      </ul>
      {reap.warned.length > 0 && <p>{many(reap.warned.length, 'session')} would be warned first.</p>}
      {reap.spared.length > 0 && (
        <details>
          <summary>{many(reap.spared.length, 'session')} spared, each for one reason</summary>
          <ul class="victims">
            {reap.spared.map(({ id, user, reason }) => (
              <li key={id}>
                <strong>{id}</strong> {user !== null && <Text of={user} />} <span class="quiet">–</span>{' '}
                <Text of={reason} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** Shows who a rule would end, and ends exactly those. */
function RuleDialog({ by, value }: Condition) {
  const [idle, setIdle] = useState(idleIn(filterText.value) ?? '5m');
  const [reason, setReason] = useState('');
  const [reap, setReap] = useState<Reap>();
  const [failure, setFailure] = useState<Failure>();
  const [isBusy, setBusy] = useState(true);
  const rule = { match: { [by]: literal(value), idle } };
  const run = (body: AskedRun) => {
    setBusy(true);
    setFailure(undefined);
    return api
      .reap(target.value, body)
      .then(setReap)
      .catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error;
        setReap(undefined);
        setFailure(error);
      })
      .finally(() => setBusy(false));
  };
  useEffect(() => void run({ rule }), [idle]);
  const isDone = reap?.dryRun === false;
  const count = reap?.victims.length ?? 0;
  const close = () => {
    condition.value = undefined;
    void sessions.now();
  };
  const carryOut = (event: Event) => {
    event.preventDefault();
    if (reap?.digest == null) return;
    void run({ rule, dryRun: false, digest: reap.digest, ...(reason.trim() && { reason: reason.trim() }) });
  };
  return (
    <Dialog
      title={isDone ? 'What became of them' : 'End idle sessions'}
      isBusy={isBusy && reap !== undefined}
      onClose={close}
    >
      <form onSubmit={carryOut}>
        <p>
          {by} = <Text of={value} />, idle for at least{' '}
          <select
            aria-label="Idle for at least"
            value={idle}
            disabled={isBusy || isDone}
            onChange={({ currentTarget }) => setIdle(currentTarget.value)}
          >
            {[...new Set([idle, ...IDLE])].map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
          {isBusy && reap === undefined && ' …'}
        </p>
        {reap !== undefined && <ReapView reap={reap} />}
        {reap !== undefined && count === 0 && <p role="status">Nobody is.</p>}
        {failure !== undefined && <Problem failure={failure} />}
        {!isDone && (
          <label class="wide">
            Reason, for the record
            <input
              type="text"
              maxLength={500}
              value={reason}
              onInput={({ currentTarget }) => setReason(currentTarget.value)}
            />
          </label>
        )}
        <div class="buttons">
          {!isDone && (
            <button type="submit" class="danger" disabled={isBusy || count === 0}>
              End {many(count, 'session')}
            </button>
          )}
          <button type="button" data-first onClick={close}>
            {isDone ? 'Close' : 'Back'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** The dialog, where something is asked. */
export const RuleDialogs = () => condition.value && <RuleDialog {...condition.value} />;
