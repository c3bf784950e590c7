import type { UnknownName } from '../sessions/session.ts';
import type { Engine, MissingGrant } from './database.ts';
import type { Dialect } from './dialect.ts';
import { DIALECTS } from './dialects/index.ts';
import { rdsProcedures } from './dialects/managed.ts';

/** The right to see the sessions of others. */
export const processGrant = (account: string): MissingGrant => ({
  name: 'PROCESS',
  effect: 'Only sessions of our own account are seen.',
  grant: `GRANT PROCESS ON *.* TO ${account}`,
});

/** The right to end them, by the engine's own name for it. */
export const superGrant = (privilege: string, account: string): MissingGrant => ({
  name: privilege,
  effect: 'Only sessions of our own account can be ended, and the slot reserved for a full server is closed to us.',
  grant: `GRANT ${privilege} ON *.* TO ${account}`,
});

/** Of what an account lacks, the statements that would have the server show it a field. */
export const grantsThatShow = (
  field: UnknownName | 'locks' | 'connections',
  engine: Engine,
  missing: readonly MissingGrant[],
): readonly string[] => {
  const names = DIALECTS[engine].shownBy[field] ?? [];
  return missing.filter(({ name }) => names.includes(name)).map(({ grant }) => grant);
};

/** What an account needs for everything, and what it needs only where access rules say `from-database`. */
export interface AccountGrants {
  readonly needed: readonly MissingGrant[];
  readonly forRules: readonly MissingGrant[];
}

/**
 * The least that a service account needs, told without asking a server.
 *
 * @param account - as the server writes it, `'warden'@'%'`
 * @param managed - RDS and Aurora, where sessions are ended by procedures of the vendor
 */
export function accountGrants(engine: Engine, account: string, managed: boolean): AccountGrants {
  const dialect: Dialect = DIALECTS[engine];
  const grantOf = ({ name, effect, grant }: Dialect['needs'][number]): MissingGrant => ({
    name,
    effect,
    grant: grant(account),
  });
  const [forRules, needs] = [true, undefined].map((only) =>
    dialect.needs.filter(({ forRulesOnly, ofServer }) => forRulesOnly === only && !ofServer).map(grantOf),
  );
  const kills = managed
    ? rdsProcedures(dialect.killsStatementsExactly).map((name) => ({
        name: `EXECUTE on mysql.${name}`,
        effect: 'Only sessions of our own account can be ended.',
        grant: `GRANT EXECUTE ON PROCEDURE mysql.${name} TO ${account}`,
      }))
    : [superGrant(dialect.superPrivileges.at(-1) ?? 'SUPER', account)];
  return { needed: [processGrant(account), ...kills, ...(needs ?? [])], forRules: forRules ?? [] };
}
