import type { EngineName } from '../engines/engine-status.ts';

/** What a call of ours does on a server, one after the other. `intent` is no packet: the record is being written. */
export const STEPS = [
  'connect',
  'tls',
  'authenticate',
  'probe',
  'introduce',
  'list',
  'intent',
  'kill',
  'settle',
  'record',
  'goodbye',
] as const;
export type Step = (typeof STEPS)[number];

/** `before` the server has our packet; `midway` in its answer; `after` it has answered in full, of which we learn nothing. */
export type Moment = 'before' | 'midway' | 'after';

/** What befalls the connection. `trickle`: a byte now and then, without an end; `slow`: slow, and not too slow. */
export const FAULTS = ['cut', 'reset', 'stall', 'slow', 'trickle'] as const;
export type Fault = (typeof FAULTS)[number];

/** Where a fault happens. */
export interface Place {
  readonly step: Step;
  readonly moment: Moment;
  /** `midway`: how many packets of the answer come through. */
  readonly packets?: number;
}

/** The calls of ours that are broken. */
export const USE_CASES = ['list', 'kill connection', 'kill query', 'bulk kill', 'reap'] as const;
export type UseCase = (typeof USE_CASES)[number];

const at = (step: Step, midway: number | null, ...more: readonly number[]): readonly Place[] => [
  { step, moment: 'before' },
  { step, moment: 'after' },
  ...(midway === null ? [] : [midway, ...more].map((packets): Place => ({ step, moment: 'midway', packets }))),
];

// An answer names its columns before its rows, with a head and an end: 14 or 15 before and after a kill, three more in a list.
const ROWS_OF_LIST = 20;
const ROWS_OF_LOOK = 17;

/** Everywhere that a call may be broken. */
export function placesOf(useCase: UseCase, engine: EngineName): readonly Place[] {
  const begin: readonly Place[] = [
    { step: 'connect', moment: 'before' },
    { step: 'tls', moment: 'before' },
    { step: 'tls', moment: 'midway' },
    ...at('authenticate', null),
    ...at('probe', 2),
    ...at('introduce', 5),
    ...at('list', useCase === 'list' || useCase === 'reap' ? ROWS_OF_LIST : ROWS_OF_LOOK),
  ];
  const end: readonly Place[] = [{ step: 'goodbye', moment: 'before' }];
  if (useCase === 'list') return [...begin, ...end];
  const isMany = useCase === 'bulk kill' || useCase === 'reap';
  return [
    ...begin,
    { step: 'intent', moment: 'before' },
    // Of a packet of KILLs the compare answers first, then each KILL.
    ...at('kill', 1, ...(isMany ? [2] : [])),
    // MariaDB keeps no record of statements; MySQL's settles the matter, so that no look follows.
    ...(useCase === 'kill query' && engine !== 'mariadb' ? at('record', null) : []),
    ...(useCase === 'kill query' && engine === 'mysql' ? [] : at('settle', ROWS_OF_LOOK)),
    ...end,
  ];
}

const QUERY = 0x03;
const QUIT = 0x01;

/** Which step a command of ours is, given as its packet. */
export function stepOf(packet: Buffer, killsSent: boolean): Step | undefined {
  if (packet[4] === QUIT) return 'goodbye';
  if (packet[4] !== QUERY) return undefined;
  const sql = packet.subarray(5).toString('latin1');
  if (sql.includes('AS ownId')) return 'probe';
  if (sql.includes('AS identity')) return 'introduce';
  if (sql.includes('INTO @session_warden_0')) return 'kill';
  if (sql.includes('@session_warden_begin') || sql.includes('OB_SQL_AUDIT')) return 'record';
  if (sql.includes('AS asker')) return killsSent ? 'settle' : 'list';
  return undefined;
}
