import type { Columns, Source } from '../dialect.ts';
import { INNODB_TRANSACTIONS, withoutTransactions } from './innodb-transactions.ts';
import { PROCESS_LIST_COLUMNS } from './process-list-columns.ts';

// Text and STATEMENT_ID come from one row of events_statements_current. The text of the process list is a moment older
// or newer, and next to another statement's ID it would have us kill the wrong one.
const EXACT: Pick<Columns, 'text' | 'statementId'> = {
  text: 'IF(s.STATEMENT_ID IS NULL, p.INFO, s.SQL_TEXT)',
  statementId: 's.STATEMENT_ID',
};
// The three tables are looked up by their hash indexes on ID, PROCESSLIST_ID and THREAD_ID.
const EXACT_FROM = `performance_schema.processlist p
  LEFT JOIN performance_schema.threads t ON t.PROCESSLIST_ID = p.ID
  LEFT JOIN performance_schema.events_statements_current s
    ON s.THREAD_ID = t.THREAD_ID AND s.NESTING_EVENT_ID IS NULL AND s.END_EVENT_ID IS NULL`;

// Each of those look-ups takes some 20 µs, and nearly all sessions of a list run nothing: the running statements are
// gathered first. The LIMITs keep the optimizer from merging the parts into one join again.
const ALL = 'LIMIT 4294967295';
const EXACT_LIST_FROM = `performance_schema.processlist p
  LEFT JOIN (SELECT t.PROCESSLIST_ID, e.STATEMENT_ID, e.SQL_TEXT
    FROM (SELECT THREAD_ID, STATEMENT_ID, SQL_TEXT FROM performance_schema.events_statements_current
      WHERE NESTING_EVENT_ID IS NULL AND END_EVENT_ID IS NULL ${ALL}) e
    JOIN performance_schema.threads t ON t.THREAD_ID = e.THREAD_ID ${ALL}) s ON s.PROCESSLIST_ID = p.ID`;

const exact = (server: string): Source => ({
  columns: { ...PROCESS_LIST_COLUMNS, server, ...EXACT, ...INNODB_TRANSACTIONS.columns },
  from: EXACT_FROM,
  listFrom: EXACT_LIST_FROM,
  listJoins: INNODB_TRANSACTIONS.join,
  exactStatements: true,
});

// threads.TOTAL_MEMORY came with 8.0.28.
const withMemory = (source: Source): Source => ({
  ...source,
  columns: { ...source.columns, memory: 't.TOTAL_MEMORY' },
});

const plain = (server: string): Source => ({
  columns: { ...PROCESS_LIST_COLUMNS, server, ...INNODB_TRANSACTIONS.columns },
  from: 'information_schema.processlist p',
  listJoins: INNODB_TRANSACTIONS.join,
  exactStatements: false,
});

/** The process list of MySQL, the best source first, down to one that every account may read. @param identity - an SQL expression */
export const mysqlSources = (identity: string): readonly Source[] => [
  withMemory(exact(identity)),
  exact(identity),
  withoutTransactions(exact(identity)),
  plain(identity),
  withoutTransactions(plain(identity)),
];
