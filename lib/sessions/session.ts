/**
 * A session's ID: decimal digits exactly as the process list shows them. Never a number, because servers hand out
 * IDs above 2^53, and never unchecked text, because servers read `'12abc'` as 12 and cut an ID to 32 bits.
 */
export type SessionId = string & { readonly __brand: 'SessionId' };

/** What `KILL` ends: the whole session (`KILL CONNECTION`) or only the statement that it runs (`KILL QUERY`). */
export type KillKind = 'connection' | 'query';

/** A statement that a session is running now. */
export interface Statement {
  /** The text as the server gives it; `null` where it runs something and shows no text of it (`DO` on OceanBase). */
  readonly text: string | null;
  /** The server shows only the beginning of the text (MySQL: `performance_schema_max_sql_text_length`). */
  readonly textIsCut?: true;
  /** SHA-256 of the text in hexadecimal digits, as the server computes it: the compare in the server uses the same function. `null` without a text. */
  readonly digest: string | null;
  /**
   * The engine's own identity of this one execution (OceanBase `TRACE_ID`, MySQL `STATEMENT_ID`, MariaDB `QUERY_ID`),
   * or `null` where the account may not read it.
   */
  readonly id: string | null;
  /** When it began, in seconds of the server's clock; `null` where the server tells no age. */
  readonly startedAt: number | null;
}

/** Age and clock are whole seconds, each rounded in its own way, and two observers' clocks are not one. */
export const CLOCK_ROUNDING_SECONDS = 2;

/** An open transaction of a session. */
export interface Transaction {
  readonly id: string | null;
  readonly state: string;
  /** Seconds since it began, or `null` where the engine does not tell. */
  readonly time: number | null;
}

/** How much to read of each session: its row alone, its transaction too, or what it uses of the server as well. */
export type Detail = 'row' | 'transactions' | 'resources';

/** A column that only some engines have. */
interface EngineColumn {
  readonly type: 'text' | 'texts' | 'whole';
  /** It is read from this detail on. */
  readonly from: Detail;
  /** What it is, in the middle of a sentence. */
  readonly words: string;
  /** What it is, for a client of the API; without it, the column is for rules alone and no part of a view. */
  readonly about?: string;
  /** Lists can be narrowed by it. */
  readonly filter?: { readonly about: string; readonly example: string };
}

/**
 * The columns that only some engines have. A line here makes one: it is read, shown, filtered and described by this table.
 * Its SQL is in the dialect that has it; everywhere else it is `null`.
 */
export const ENGINE_COLUMNS = {
  tenant: {
    type: 'text',
    from: 'row',
    words: 'the tenant',
    about: 'OceanBase only: the tenant.',
    filter: { about: 'Tenant, on OceanBase', example: 'shop' },
  },
  proxySessionId: {
    type: 'text',
    from: 'row',
    words: 'the ID at the proxy',
    about: 'OceanBase behind OBProxy only: the ID at the proxy.',
    filter: { about: 'ID of the session at OBProxy', example: '12398139520287309875' },
  },
  proxy: {
    type: 'text',
    from: 'row',
    words: 'the proxy',
    about: 'OceanBase behind OBProxy only: the proxy’s address; `host` is the client’s.',
  },
  observers: {
    type: 'texts',
    from: 'transactions',
    words: 'the observers',
    about: 'OceanBase clusters only: the observers on which the client has a session of this ID.',
  },
  changes: {
    type: 'whole',
    from: 'transactions',
    words: 'the changes of its transaction',
    about:
      'MySQL and MariaDB only: rows that its open transaction has changed. While it is rolled back, so many are left to undo.',
  },
  /** In bytes. */
  memory: { type: 'whole', from: 'resources', words: 'the memory' },
  /** In seconds. */
  cpu: { type: 'whole', from: 'resources', words: 'the processor time' },
} as const satisfies Readonly<Record<string, EngineColumn>>;

type Table = typeof ENGINE_COLUMNS;
type Value = { readonly text: string; readonly texts: readonly string[]; readonly whole: number };
type NamesWith<Property> = { [Name in keyof Table]: Table[Name] extends Property ? Name : never }[keyof Table];

/** The name of one of {@link ENGINE_COLUMNS}. */
export type EngineColumnName = keyof Table;

/** The values of {@link ENGINE_COLUMNS}; `null` where there is none. */
export type EngineColumns = { readonly [Name in EngineColumnName]: Value[Table[Name]['type']] | null };

/** Those of {@link ENGINE_COLUMNS} that a view shows. */
export type ShownColumns = Pick<EngineColumns, NamesWith<{ readonly about: string }>>;

/** Those of {@link ENGINE_COLUMNS} that narrow a list. */
export type FilteredColumn = NamesWith<{ readonly filter: object }>;

const NAMES = Object.keys(ENGINE_COLUMNS) as EngineColumnName[];
const has = (name: EngineColumnName, property: 'about' | 'filter'): boolean => property in ENGINE_COLUMNS[name];

/** The names of {@link ShownColumns}. */
export const SHOWN_COLUMNS = NAMES.filter((name) => has(name, 'about')) as readonly (keyof ShownColumns)[];

/** Those that rules alone ask for, and no view shows. */
export const HIDDEN_COLUMNS: readonly UnknownName[] = NAMES.filter((name) => !has(name, 'about'));

/** The names of {@link FilteredColumn}. */
export const FILTERED_COLUMNS = NAMES.filter((name) => has(name, 'filter')) as readonly FilteredColumn[];

/** Something for each of these columns. */
export const perColumn = <Name extends EngineColumnName, Made>(
  names: readonly Name[],
  make: (name: Name) => Made,
): Readonly<Record<Name, Made>> =>
  Object.fromEntries(names.map((name) => [name, make(name)])) as Readonly<Record<Name, Made>>;

/** Something for every one of {@link ENGINE_COLUMNS}. */
export const perEngineColumn = <Made>(make: (name: EngineColumnName) => Made) => perColumn(NAMES, make);

/** The fields of a session that a server, or one version or account of it, may keep to itself. */
export const UNKNOWN_NAMES = [
  'user',
  'host',
  'db',
  'state',
  'time',
  'statement',
  'text',
  'transaction',
  'transactionTime',
  ...NAMES,
] as const;

/** One of {@link UNKNOWN_NAMES}. */
export type UnknownName = (typeof UNKNOWN_NAMES)[number];

/** A field whose value is not known, and why: one public sentence. Without an entry, `null` means that there is none. */
export interface UnknownField {
  readonly field: UnknownName;
  readonly why: string;
}

/** True where this field of the session is not known: then `null` does not mean that there is none. */
export const isUnknown = ({ unknown }: Pick<Session, 'unknown'>, field: UnknownName): boolean =>
  unknown.some((one) => one.field === field);

/**
 * One row of the process list, the same shape for every engine. `null` means that there is none (no transaction, no
 * database), unless `unknown` names the field: then the server has not told.
 */
export interface Session extends EngineColumns {
  readonly id: SessionId;
  /** The server that listed the row, as its dialect names servers: an ID means nothing without it. */
  readonly server: string;
  readonly user: string | null;
  /** The client's address with its port, `10.0.0.7:53211`; without a port behind some proxies and on a local socket. */
  readonly host: string | null;
  readonly db: string | null;
  readonly command: string;
  /** Seconds in the present command. */
  readonly time: number | null;
  /** The server's own second in which the present command began; left out where its age is not known. */
  readonly beganAt?: number;
  readonly state: string | null;
  readonly statement: Statement | null;
  readonly transaction: Transaction | null;
  /** The tenant again where it is another than our own account's: only an account of the tenant sys sees such a session. */
  readonly foreignTenant?: string;
  /** A connection of another call of this product, by its connection attribute or the comment of its statement. */
  readonly isWarden?: true;
  /** Fields that are not known, each with the reason. */
  readonly unknown: readonly UnknownField[];
  /** It has left the process list, and the server still undoes what it did; no KILL finds it. Its user may not be known. */
  readonly lingering?: true;
  /** The server showed it without its database and statement, for longer than we waited: it cannot be a victim now. */
  readonly readInPart?: true;
}

const SESSION_ID = /^[1-9]\d{0,19}$/;

/** True for text that {@link sessionId} accepts: 1 to 20 ASCII digits, the first not zero. */
export const isSessionId = (text: string): text is SessionId => SESSION_ID.test(text);

/**
 * Makes a {@link SessionId}; with {@link isSessionId} the only place that may, so that no other text reaches a KILL.
 *
 * @throws RangeError for anything but 1 to 20 ASCII digits, the first not zero.
 */
export function sessionId(text: string): SessionId {
  if (!isSessionId(text)) throw new RangeError(`not a session ID: ${JSON.stringify(text.slice(0, 40))}`);
  return text;
}

/** True for a command in which a session waits for its client's next statement, in the words of every engine. */
export const isAsleep = (command: string): boolean => command.toLowerCase() === 'sleep';

/** MySQL and MariaDB show it as the command, OceanBase as the state (`SESSION_KILLED`, `QUERY_KILLED`). */
export const isBeingKilled = ({ command, state }: Pick<Session, 'command' | 'state'>): boolean =>
  /killed/i.test(`${command} ${state}`);
