import type { StopSwitch } from '../../lib/sessions/kill/stop-switch.ts';
import type { RequestStore } from '../../lib/state/request-store.ts';
import type { WarningStore } from '../../lib/state/warning-store.ts';
import type { Compare } from './database.ts';
import type { Blindness } from './rows.ts';
import type { Leaks } from './stores.ts';

/** One thing that holds a promise, taken back: in the model, or wrapped around the code under test. */
export interface Break {
  /** What is taken back. */
  readonly about: string;
  /** The rules that the stories then break. */
  readonly breaks: readonly string[];
  /** It takes too many stories for every test run. */
  readonly isRare?: true;
  readonly blind?: Blindness;
  readonly leaks?: Leaks;
  readonly stopped?: (ask: StopSwitch) => StopSwitch;
  readonly requests?: (store: RequestStore) => RequestStore;
  readonly warnings?: (store: WarningStore) => WarningStore;
  readonly compare?: Compare;
  /** The server’s record is compared with the time of the last KILL, whomever that was of. */
  readonly recordsByLastKill?: boolean;
  /** Nobody sweeps. */
  readonly noSweep?: boolean;
}

function askedOnce(ask: StopSwitch): StopSwitch {
  let answer: Promise<boolean> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

const decidesTwice = (store: RequestStore): RequestStore => ({
  ...store,
  decide: async (id, state, by) => {
    const found = await store.get(id);
    if (found !== undefined) await store.putAll([{ ...found, state, decidedBy: by }]);
    return found !== undefined;
  },
});

/** Nothing is taken back. */
export const WHOLE: Break = { about: 'nothing', breaks: [] };

/** What `--break` can take back, by name. */
export const BREAKS: Readonly<Record<string, Break>> = {
  'stop-between-batches': {
    breaks: ['nothing is sent after the stop'],
    about: 'the stop switch is asked once a call',
    stopped: askedOnce,
  },
  'open-intents': {
    breaks: ['after the sweep nothing is open'],
    about: 'the store forgets outcomes, and nobody sweeps',
    leaks: { outcomes: true },
    noSweep: true,
  },
  'pending-for-ever': {
    breaks: ['after the sweep nothing is open'],
    about: 'the store does not tell the sweep of pending records',
    leaks: { pending: true },
  },
  'end-of-rollback': {
    breaks: ['no untrue proof', 'no untrue terminated'],
    about: 'what is rolled back is shown nowhere',
    blind: { lingering: true },
  },
  'double-approval': {
    breaks: ['one approval is one kill'],
    about: 'a decision is taken without compare-and-set',
    requests: decidesTwice,
  },
  'restarted-server': {
    breaks: ['nobody ends what nobody wants'],
    about: 'a server’s identity lacks its start',
    blind: { start: true },
  },
  'two-cancellers': {
    breaks: ['two cancellers cut once'],
    about: 'rows do not show that they are being killed',
    blind: { killed: true },
  },
  'last-kill': {
    breaks: ['no untrue proof'],
    isRare: true,
    about: 'a statement’s end is compared with the time of the last KILL of any',
    recordsByLastKill: true,
  },
  'no-intent': { breaks: ['no kill without its intent'], about: 'intents are not written', leaks: { intents: true } },
  'blind-compare': {
    breaks: [
      'a rule ends whom it is for',
      'two cancellers cut once',
      'nobody else is ended',
      'nobody ends what nobody wants',
      'no untrue proof',
    ],
    about: 'the packet compares the ID alone',
    compare: () => true,
  },
  'kept-in-vain': {
    breaks: ['a rule ends whom it is for'],
    isRare: true,
    about: 'an end begins though somebody keeps the session',
    warnings: (store) => ({ ...store, beginEnd: async () => true }),
  },
};
