import type { Engine } from '../database.ts';
import type { Dialect } from '../dialect.ts';
import { mariadb } from './mariadb.ts';
import { mysql } from './mysql.ts';
import { oceanbase } from './oceanbase.ts';
import { oceanbaseCluster } from './oceanbase-cluster.ts';

/** Every engine that there is. A new one is a file beside these and a line here. */
export const DIALECTS = { oceanbase, mariadb, mysql } as const satisfies Record<Engine, Dialect>;

/** The dialect of a server by what it says of itself (`VERSION()` and `@@version_comment`). */
export function dialectOf(version: string): Dialect {
  if (/seekdb/i.test(version)) return DIALECTS.oceanbase;
  if (/oceanbase/i.test(version)) return oceanbaseCluster;
  return /mariadb/i.test(version) ? DIALECTS.mariadb : DIALECTS.mysql;
}
