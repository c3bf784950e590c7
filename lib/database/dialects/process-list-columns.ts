import type { Columns } from '../dialect.ts';

/** The columns that the process lists of MySQL and MariaDB, called `p`, share; a dialect adds the server, and what it has besides. */
export const PROCESS_LIST_COLUMNS: Omit<Columns, 'server'> = {
  id: 'p.ID',
  user: 'p.USER',
  host: 'p.HOST',
  db: 'p.DB',
  command: 'p.COMMAND',
  time: 'p.TIME',
  state: 'p.STATE',
  text: 'p.INFO',
  // PROCESS_LIST_INFO_WIDTH is 65,535 bytes, in MySQL and MariaDB.
  textIsCut: 'LENGTH(p.INFO) > 65500',
  statementId: 'NULL',
  transactionId: 'NULL',
  transactionState: 'NULL',
  transactionTime: 'NULL',
  tenant: 'NULL',
  proxySessionId: 'NULL',
  proxy: 'NULL',
  observers: 'NULL',
  program: 'NULL',
  memory: 'NULL',
  cpu: 'NULL',
};
