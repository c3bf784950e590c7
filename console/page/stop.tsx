import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { api, Failure } from './api.ts';
import { Dialog } from './dialog.tsx';
import { stop } from './state.ts';
import { moment, Problem, Text } from './words.tsx';

const isAsked = signal(false);

/** Stops every kill, or allows them again; says why, for the record. */
function StopDialog({ isStopped }: { isStopped: boolean }) {
  const [reason, setReason] = useState('');
  const [failure, setFailure] = useState<Failure>();
  const close = () => {
    isAsked.value = false;
  };
  const carryOut = async (event: Event) => {
    event.preventDefault();
    try {
      await (isStopped ? api.resumeKills(reason.trim()) : api.stopKills(reason.trim()));
      close();
      await stop.now();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
    }
  };
  return (
    <Dialog title={isStopped ? 'Allow kills again?' : 'Stop every kill?'} onClose={close}>
      <form onSubmit={carryOut}>
        <p>
          {isStopped
            ? 'People and reapers can end sessions again, on every target.'
            : 'Nobody can end a session on any target, no person and no reaper, until somebody allows it again.'}
        </p>
        {failure !== undefined && <Problem failure={failure} />}
        <label class="wide">
          Reason, for the record
          <input
            type="text"
            required={!isStopped}
            maxLength={500}
            data-first
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        </label>
        <div class="buttons">
          <button type="submit" class={isStopped ? '' : 'danger'}>
            {isStopped ? 'Allow kills again' : 'Stop every kill'}
          </button>
          <button type="button" onClick={close}>
            Back
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const Ask = ({ children }: { children: string }) => (
  <button
    type="button"
    onClick={() => {
      isAsked.value = true;
    }}
  >
    {children}
  </button>
);

/** Above everything, where kills are stopped: by whom, and why. */
export function StopBanner() {
  const { value } = stop.look.value;
  return (
    <>
      {value?.stopped && (
        <div class="stopped" role="status">
          <p>
            <strong>Every kill is stopped</strong>
            {value.by !== null && (
              <>
                {' '}
                by <Text of={value.by.subject} />
              </>
            )}
            {value.since !== null && `, since ${moment(value.since)}`}
            {value.reason !== null && (
              <>
                : <Text of={value.reason} most={500} />
              </>
            )}
          </p>
          <Ask>Allow kills again …</Ask>
        </div>
      )}
      {isAsked.value && <StopDialog isStopped={value?.stopped ?? false} />}
    </>
  );
}

/** The switch, for who may throw it. */
export function StopSwitch() {
  const { value, failure } = stop.look.value;
  return (
    <>
      <h3>Stop</h3>
      {failure !== undefined && <Problem failure={failure} />}
      {value?.stopped === false && <p>Kills are allowed.</p>}
      {value?.stopped === false && <Ask>Stop every kill …</Ask>}
    </>
  );
}
