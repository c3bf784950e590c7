import type { Row } from './lists.ts';

/** Where we differ from pt-kill on purpose: a session that one of these is true of is ended by pt-kill alone, or by us alone. */
export const DIFFERENCES: readonly { readonly why: string; readonly isMeant: (row: Row) => boolean }[] = [
  {
    why: 'threads and accounts of the server are protected',
    isMeant: ([, user, , , command]) => user === 'event_scheduler' || command === 'Daemon',
  },
];
