import type { Engine } from '../../lib/database/database.ts';
import { accountGrants } from '../../lib/database/grants.ts';
import { UsageError } from './help.ts';

const ENGINES: Readonly<Record<string, { readonly engine: Engine; readonly managed: boolean }>> = {
  oceanbase: { engine: 'oceanbase', managed: false },
  mysql: { engine: 'mysql', managed: false },
  mariadb: { engine: 'mariadb', managed: false },
  'rds-mysql': { engine: 'mysql', managed: true },
  'rds-mariadb': { engine: 'mariadb', managed: true },
};

/** Neither may end the text that it stands in. */
const ACCOUNT = /^([^'"`\\@\s]{1,80})(?:@([^'"`\\@\s]{1,255}))?$/;

/**
 * SQL that gives a service account what it needs on an engine and no more, ready to be run by an administrator; asks no
 * server.
 *
 * @param account - `user` or `user@host`
 * @throws UsageError
 */
export function accountGrantsText(engineName: string, account = 'warden'): string {
  const engine = Object.hasOwn(ENGINES, engineName) ? ENGINES[engineName] : undefined;
  if (engine === undefined) throw new UsageError(`--engine: write one of ${Object.keys(ENGINES).join(', ')}`);
  const [, user, host = '%'] = ACCOUNT.exec(account) ?? [];
  if (user === undefined) throw new UsageError('--account: write user or user@host, without quotes');
  const { needed, forRules } = accountGrants(engine.engine, `'${user}'@'${host}'`, engine.managed);
  return [
    `-- CREATE USER '${user}'@'${host}' IDENTIFIED BY '…';`,
    ...needed.flatMap(({ effect, grant }) => [`-- Without it: ${effect}`, `${grant};`]),
    ...forRules.flatMap(({ grant }) => [
      '-- Only for access rules with `from-database`; it shows password hashes to the account:',
      `-- ${grant};`,
    ]),
  ].join('\n');
}
