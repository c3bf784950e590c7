import type { Dialect } from '../dialect.ts';

/** The vendor's procedures in schema `mysql` that end sessions, as a probe found them. */
export const RDS_PROCEDURES = ['rds_kill', 'rds_kill_query', 'rds_kill_query_id'] as const;

/**
 * Amazon RDS and Aurora: the master account has no SUPER, and KILL goes through procedures of the vendor.
 * All else is the engine's own.
 */
export const rds = (engine: Dialect, procedures: readonly string[]): Dialect => ({
  ...engine,
  // Nobody may install a plugin there.
  needs: engine.needs.filter(({ ofServer }) => engine.engine !== 'mariadb' || !ofServer),
  killsStatementsExactly: engine.killsStatementsExactly && procedures.includes('rds_kill_query_id'),
  kill: ({ id, statementId }, kind, guard) => {
    if (kind === 'connection') return `CALL mysql.rds_kill(IF(${guard}, ${id}, 0))`;
    return statementId !== null && engine.killsStatementsExactly && procedures.includes('rds_kill_query_id')
      ? `CALL mysql.rds_kill_query_id(IF(${guard}, ${statementId}, 0))`
      : `CALL mysql.rds_kill_query(IF(${guard}, ${id}, 0))`;
  },
});
