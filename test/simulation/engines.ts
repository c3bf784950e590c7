import type { Engine } from '../../lib/database/database.ts';

/** What an engine, with one kind of account, shows and does, as far as kills depend on it. */
export interface EngineModel {
  readonly name: string;
  readonly engine: Engine;
  /** Statements bear the engine's own identity. */
  readonly exactStatements: boolean;
  /** KILL names one execution: no statement can change between compare and KILL. */
  readonly killsStatementsExactly: boolean;
  /**
   * What is kept of ended statements. `clocked`: the last ten, with the server's own time, so that it is known whether one
   * ended before the KILL, and whether a later one was cut by somebody else; `ordered`: their order alone.
   */
  readonly record: 'clocked' | 'ordered' | 'none';
  /** Where a killed session is while its work is undone. `named`: no longer in the list, and known by its user; `nameless`: by its ID alone; `unseen`: by nothing. */
  readonly rollsBack: 'in-list' | 'named' | 'nameless' | 'unseen';
  /** How the list shows that something is being killed. */
  readonly killedIn: 'command' | 'state';
  /** It shows so of a statement too. Where it does not, a lock of the server keeps our KILLs of one session apart. */
  readonly showsCuts: boolean;
  /** Nobody's transaction is shown. */
  readonly hidesTransactions: boolean;
  /** A look may meet a row that another connection is reading, and show it without database and statement. */
  readonly readsInPart: boolean;
  /** Nodes that list sessions of the same ID. */
  readonly hasNodes: boolean;
}

const MYSQL: EngineModel = {
  name: 'mysql',
  engine: 'mysql',
  exactStatements: true,
  killsStatementsExactly: false,
  record: 'clocked',
  rollsBack: 'named',
  killedIn: 'command',
  showsCuts: false,
  hidesTransactions: false,
  readsInPart: false,
  hasNodes: false,
};

/** The engines, each with the accounts that change what it shows. */
export const ENGINES: readonly [EngineModel, ...EngineModel[]] = [
  MYSQL,
  { ...MYSQL, name: 'mysql without performance_schema', exactStatements: false, record: 'none', rollsBack: 'nameless' },
  // Everybody may read performance_schema.processlist, where a session is until its work is undone.
  { ...MYSQL, name: 'mysql, least grants', exactStatements: false, record: 'none' },
  { ...MYSQL, name: 'mysql, barest account', exactStatements: false, record: 'none', hidesTransactions: true },
  {
    ...MYSQL,
    name: 'mysql without performance_schema, barest account',
    exactStatements: false,
    record: 'none',
    rollsBack: 'unseen',
    hidesTransactions: true,
  },
  {
    ...MYSQL,
    name: 'mariadb',
    engine: 'mariadb',
    killsStatementsExactly: true,
    record: 'none',
    rollsBack: 'in-list',
    showsCuts: true,
    readsInPart: true,
  },
  {
    ...MYSQL,
    name: 'oceanbase kernel',
    engine: 'oceanbase',
    record: 'none',
    rollsBack: 'nameless',
    killedIn: 'state',
    showsCuts: true,
  },
  {
    ...MYSQL,
    name: 'oceanbase cluster',
    engine: 'oceanbase',
    record: 'ordered',
    rollsBack: 'nameless',
    killedIn: 'state',
    showsCuts: true,
    hasNodes: true,
  },
];
