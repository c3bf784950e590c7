import type { Source } from '../dialect.ts';

/** Columns and join of `information_schema.innodb_trx`; reading it needs PROCESS. MariaDB has the same. */
export const INNODB_TRANSACTIONS = {
  columns: {
    transactionId: 'x.trx_id',
    transactionState: 'x.trx_state',
    transactionTime: 'TIMESTAMPDIFF(SECOND, x.trx_started, NOW())',
  },
  join: 'LEFT JOIN information_schema.innodb_trx x ON x.trx_mysql_thread_id = p.ID',
} as const;

const WHY = 'Our account lacks PROCESS, so transactions are not shown.';
const NO_TRANSACTIONS = [
  { field: 'transaction', why: WHY },
  { field: 'transactionTime', why: WHY },
] as const;

/** MySQL's and MariaDB's fallbacks from the best source to the one that every account may read. */
export const withoutTransactions = (source: Source): Source => ({
  ...source,
  listJoins: '',
  unknown: [...(source.unknown ?? []), ...NO_TRANSACTIONS],
  columns: { ...source.columns, transactionId: 'NULL', transactionState: 'NULL', transactionTime: 'NULL' },
});
