/**
 * The `record` of MySQL.
 *
 * Level 0 holds what the client sent, in a transaction and as the call of a procedure too; a scheduled event's statements
 * stand one below.
 *
 * MYSQL_ERRNO 1317 is ER_QUERY_INTERRUPTED. SLEEP and BENCHMARK take a KILL and end without an error, so it is also told
 * whether a statement ended before our KILL began, on the server's own clock; and a later statement counts as cut by us
 * only if it had begun when our KILL ended, since others cancel too. Ten statements a session are kept, ours as well, so
 * the times of the KILL are kept in variables: those of the KILL before the first time that the statement is asked for,
 * since a later KILL, of another statement, began after this one had ended.
 */
export const mysqlStatementRecord = (id: string, statementId: string): string => {
  const eventsOf = (table: string, session: string): string =>
    `performance_schema.threads t JOIN performance_schema.${table} e ON e.THREAD_ID = t.THREAD_ID
      WHERE t.PROCESSLIST_ID = ${session} AND e.NESTING_EVENT_LEVEL = IF(t.NAME = 'thread/sql/event_worker', 1, 0)`;
  const lastKill = (
    time: string,
  ): string => `(SELECT MAX(e.${time}) FROM ${eventsOf('events_statements_history', 'CONNECTION_ID()')}
      AND e.EVENT_NAME IN ('statement/sql/kill', 'statement/sql/call_procedure'))`;
  const [begin, end] = [`@session_warden_begin_${statementId}`, `@session_warden_end_${statementId}`];
  return `SET ${begin} = COALESCE(${begin}, ${lastKill('TIMER_START')}), ${end} = COALESCE(${end}, ${lastKill('TIMER_END')});
    SELECT * FROM (
      SELECT e.STATEMENT_ID AS statementId, 0 AS running, COALESCE(e.TIMER_END >= ${begin}, 1) AS afterKill,
          e.MYSQL_ERRNO = 1317 AND (e.STATEMENT_ID = ${statementId} OR e.TIMER_START <= ${end}) AS cut
        FROM ${eventsOf('events_statements_history', id)} AND e.STATEMENT_ID >= ${statementId}
      UNION ALL SELECT e.STATEMENT_ID, 1, 0, 0
        FROM ${eventsOf('events_statements_current', id)} AND e.END_EVENT_ID IS NULL AND e.STATEMENT_ID >= ${statementId}
    ) r ORDER BY statementId, running DESC`;
};
