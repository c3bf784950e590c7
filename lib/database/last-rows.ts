import type { Connection, Row } from './connection.ts';
import type { Dialect } from './dialect.ts';
import { toAppError } from './faults.ts';

/** Sends SQL and gives the rows of its last statement. @throws AppError the `target-…` family */
export async function lastRows(connection: Connection, dialect: Dialect, sql: string): Promise<readonly Row[]> {
  const { sets, error } = await connection.query(sql);
  if (error !== undefined) throw toAppError(error, dialect);
  return sets.at(-1) ?? [];
}
