import type { KillKind } from '../../sessions/session.ts';
import type { Dialect, Need } from '../dialect.ts';

/**
 * The procedures of managed servers, in schema `mysql`, for accounts that may not KILL: Amazon RDS and Aurora
 * (documentation, "Ending a session or query"), Azure Database for MySQL ("az_kill").
 */
const PROCEDURES = {
  connection: ['rds_kill', 'az_kill'],
  query: ['rds_kill_query', 'az_kill_query'],
  // MariaDB's: ends one execution of one statement.
  statement: ['rds_kill_query_id'],
} as const;

/** Every procedure that {@link managed} knows. */
export const MANAGED_PROCEDURES: readonly string[] = Object.values(PROCEDURES).flat();

/** Those that an account of RDS uses on an engine. */
export const rdsProcedures = (endsStatements: boolean): readonly string[] =>
  MANAGED_PROCEDURES.filter((name) => name.startsWith('rds_') && (endsStatements || name !== PROCEDURES.statement[0]));

const needOf = (name: string): Need => ({
  name: `EXECUTE on mysql.${name}`,
  effect: 'Sessions are ended by plain KILL, which ends those of our own account only, unless it may end all.',
  // No session has this ID.
  probe: `CALL mysql.${name}(0)`,
  grant: (account) => `GRANT EXECUTE ON PROCEDURE mysql.${name} TO ${account}`,
});

/**
 * A managed server: what a procedure of the vendor's ends goes through it, each verb for itself, and all else is the
 * engine's own. A verb whose procedure our account may not execute goes back to plain KILL.
 *
 * @param procedures - those that the server has
 * @param refused - the kinds whose procedures our account may not execute
 */
export const managed = (engine: Dialect, procedures: readonly string[], refused: readonly KillKind[] = []): Dialect => {
  const known = (names: readonly string[]) => names.find((name) => procedures.includes(name));
  const byKind: Readonly<Record<KillKind, string | undefined>> = {
    connection: refused.includes('connection') ? undefined : known(PROCEDURES.connection),
    query: refused.includes('query') ? undefined : known(PROCEDURES.query),
  };
  const byStatement =
    byKind.query === undefined || !engine.killsStatementsExactly ? undefined : known(PROCEDURES.statement);
  // Those that our account may not execute it may not see either.
  const vendor = procedures[0]?.split('_', 1)[0];
  const ofVendor = MANAGED_PROCEDURES.filter(
    (name) => name.startsWith(`${vendor}_`) && (engine.killsStatementsExactly || name !== PROCEDURES.statement[0]),
  );
  return {
    ...engine,
    // No account may install a plugin there.
    needs: [
      ...engine.needs.filter(({ ofServer }) => engine.engine !== 'mariadb' || !ofServer),
      ...ofVendor.map(needOf),
    ],
    killsStatementsExactly: engine.killsStatementsExactly && (byKind.query === undefined || byStatement !== undefined),
    kill: (victim, kind, guard) => {
      const { id, statementId } = victim;
      if (kind === 'query' && byStatement !== undefined && statementId !== null)
        return `CALL mysql.${byStatement}(IF(${guard}, ${statementId}, 0))`;
      const procedure = byKind[kind];
      return procedure === undefined
        ? engine.kill(victim, kind, guard)
        : `CALL mysql.${procedure}(IF(${guard}, ${id}, 0))`;
    },
    withoutProcedure: (kind) =>
      byKind[kind] === undefined ? undefined : managed(engine, procedures, [...refused, kind]),
  };
};
