import { describe, expect, it } from 'vitest';
import { accountGrantsText } from '../../../../local/cli/grants.ts';

describe('the grants of an account, without a server', () => {
  it('are those of the engine, with why, and nothing that shows password hashes unless it is wanted', () => {
    expect(accountGrantsText('mysql', 'warden@10.%')).toMatchInlineSnapshot(`
      "-- CREATE USER 'warden'@'10.%' IDENTIFIED BY '…';
      -- Without it: Only sessions of our own account are seen.
      GRANT PROCESS ON *.* TO 'warden'@'10.%';
      -- Without it: Only sessions of our own account can be ended, and the slot reserved for a full server is closed to us.
      GRANT CONNECTION_ADMIN ON *.* TO 'warden'@'10.%';
      -- Without it: Statements are told apart by text and age only, and a cut one cannot be proven.
      GRANT SELECT ON performance_schema.* TO 'warden'@'10.%';
      -- Without it: Of a prepared XA transaction that holds up others it is told that there is one, and not which.
      GRANT XA_RECOVER_ADMIN ON *.* TO 'warden'@'10.%';
      -- Only for access rules with \`from-database\`; it shows password hashes to the account:
      -- GRANT SELECT ON mysql.* TO 'warden'@'10.%';"
    `);
  });

  it('are the procedures of the vendor on RDS, where no one has SUPER', () => {
    const statements = (text: string) => text.split('\n').filter((line) => !line.startsWith('--'));
    expect(statements(accountGrantsText('rds-mysql'))).toMatchInlineSnapshot(`
      [
        "GRANT PROCESS ON *.* TO 'warden'@'%';",
        "GRANT EXECUTE ON PROCEDURE mysql.rds_kill TO 'warden'@'%';",
        "GRANT EXECUTE ON PROCEDURE mysql.rds_kill_query TO 'warden'@'%';",
        "GRANT SELECT ON performance_schema.* TO 'warden'@'%';",
        "GRANT XA_RECOVER_ADMIN ON *.* TO 'warden'@'%';",
      ]
    `);
    expect(accountGrantsText('rds-mariadb')).toContain('mysql.rds_kill_query_id');
    expect(accountGrantsText('rds-mysql')).not.toMatch(/SUPER|CONNECTION_ADMIN/);
  });

  it.each(["ada'@'%", 'a b', "x' OR '1", 'a@b@c', ''])('refuse an account that would end the text: %s', (account) => {
    expect(() => accountGrantsText('mysql', account)).toThrow('--account');
  });

  it.each(['oracle', '__proto__', ''])('refuse an engine that there is not: %s', (engine) => {
    expect(() => accountGrantsText(engine)).toThrow('--engine: write one of oceanbase, mysql, mariadb');
  });
});
