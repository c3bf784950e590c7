import { createHash } from 'node:crypto';
import { toSession } from '../../lib/database/read-sessions.ts';
import { isSessionId, type Session, type UnknownField, type UnknownName } from '../../lib/sessions/session.ts';
import { UsageError } from './help.ts';

/** A row of a recorded result: its line in the file, and its columns by lower-case name; `undefined` where it ends early. */
interface RecordedRow {
  readonly line: number;
  readonly columns: ReadonlyMap<string, string | undefined>;
}

function mustFit(line: number, names: readonly string[], values: readonly string[]): void {
  // A row that was cut off lacks what would have spared it.
  if (values.length !== names.length)
    throw new UsageError(`line ${line}: ${values.length} cells under ${names.length} columns`);
}

/** Row one is a session where the client was told to leave the names out. */
function mustBeNames(line: number, names: readonly string[]): void {
  if (names.length > 0 && names.every((name) => /^[A-Za-z_]\w*$/.test(name))) return;
  throw new UsageError(
    `line ${line}: there are no column names; record the list without -N (--skip-column-names) and -ss (--silent twice)`,
  );
}

const zip = (names: readonly string[], values: readonly string[]) =>
  new Map(names.map((name, index) => [name.toLowerCase(), values[index]]));

/** Splits `| a | b |` at the bars that the rule line `+---+---+` stands over, since a statement may hold bars too. */
function cells(line: string, bars: readonly number[]): readonly string[] {
  return bars.slice(0, -1).map((bar, index) => line.slice(bar + 1, bars[index + 1]).trim());
}

function fromTable(lines: readonly string[]): readonly RecordedRow[] {
  const rows: RecordedRow[] = [];
  let names: readonly string[] | undefined;
  let bars: readonly number[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('+--')) bars = [...line.matchAll(/\+/g)].map((match) => match.index);
    if (!line.startsWith('|')) continue;
    if (!line.trimEnd().endsWith('|'))
      throw new UsageError(`line ${index + 1}: the row does not end on its line; record it with \\G`);
    // Wide characters move the bars; then the bars between cells are all there is to go by.
    const isAligned = bars.every((bar) => line[bar] === '|');
    const values = isAligned
      ? cells(line, bars)
      : line
          .split(/\|(?= )/)
          .slice(1)
          .map((cell) => cell.replace(/\|$/, '').trim());
    if (names === undefined) {
      mustBeNames(index + 1, values);
      names = values;
    } else {
      mustFit(index + 1, names, values);
      rows.push({ line: index + 1, columns: zip(names, values) });
    }
  }
  return rows;
}

const UNESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t', '0': '\0', '\\': '\\' };

/**
 * How the batch form wrote its values: it escapes four characters, and with `--raw` none. Another escape than its own shows
 * that a list is raw; nothing shows it of one that has only such as it would write itself.
 */
function decoderOf(lines: readonly string[]): (cell: string) => string {
  const isRaw = lines.some((line) => line.replaceAll(/\\[nt0\\]/g, '').includes('\\'));
  return isRaw ? (cell) => cell : (cell) => cell.replaceAll(/\\([nt0\\])/g, (_, one: string) => UNESCAPED[one] ?? one);
}

function fromTabs(lines: readonly string[]): readonly RecordedRow[] {
  const at = lines.findIndex((line) => line.includes('\t'));
  const names = (lines[at] ?? '').split('\t');
  mustBeNames(at + 1, names);
  const decoded = decoderOf(lines);
  return lines.flatMap((line, index) => {
    if (index <= at || line === '') return [];
    const values = line.split('\t');
    mustFit(index + 1, names, values);
    return [{ line: index + 1, columns: zip(names, values.map(decoded)) }];
  });
}

const ROW = /^\*{3,} \d+\. row \*{3,}/;
const FIELD = /^\s*(\w+):(?: (.*))?$/;

function fromVertical(lines: readonly string[]): readonly RecordedRow[] {
  const rows: { line: number; columns: Map<string, string | undefined> }[] = [];
  let last: string | undefined;
  for (const [index, line] of lines.entries()) {
    if (ROW.test(line)) {
      rows.push({ line: index + 1, columns: new Map() });
      last = undefined;
      continue;
    }
    const row = rows.at(-1);
    if (row === undefined) continue;
    const [, name, value = ''] = FIELD.exec(line) ?? [];
    // A statement goes on over several lines; one of them may look like a field, but not like one that is yet to come.
    if (name !== undefined && (last === undefined || last !== 'info' || !row.columns.has(name.toLowerCase()))) {
      last = name.toLowerCase();
      row.columns.set(last, value);
    } else if (last === 'info') row.columns.set('info', `${row.columns.get('info') ?? ''}\n${line}`);
  }
  const [first] = rows;
  if (first !== undefined) mustBeNames(first.line, [...first.columns.keys()]);
  for (const row of rows) mustFit(row.line, [...(first?.columns.keys() ?? [])], [...row.columns.keys()]);
  return rows;
}

const END = /(?:\r?\n\d+ rows? in set[^\n]*)?(?:\r?\n)*$/;

/**
 * Reads a recorded result of the mysql client: the `+---+` table, tab-separated, or the `\G` form.
 *
 * @throws UsageError for anything else
 */
function readResult(text: string): readonly RecordedRow[] {
  // What the client says after the last row is not part of its statement.
  const lines = text.replace(END, '').split(/\r?\n/);
  if (lines.some((line) => line.startsWith('+---'))) return fromTable(lines);
  if (lines.some((line) => ROW.test(line))) return fromVertical(lines);
  if (lines.some((line) => /^\w+\t\w+/.test(line))) return fromTabs(lines);
  throw new UsageError(
    'the process list is neither a table, nor tab-separated, nor in the \\G form of the mysql client',
  );
}

const SECONDS = /^-?\d+(?:\.\d+)?$/;

/** The columns that show a field that not every list has, in the words of every engine. */
const SHOWN_BY: Readonly<Partial<Record<UnknownName, readonly string[]>>> = {
  host: ['host'],
  db: ['db'],
  transaction: ['trans_state', 'trx_state'],
  transactionTime: ['trx_time'],
  tenant: ['tenant'],
  proxySessionId: ['proxy_sessid'],
  memory: ['total_memory', 'memory_used'],
  cpu: ['total_cpu_time'],
};

/** What the columns of a list leave out. */
const unknownOf = (columns: ReadonlySet<string>): readonly UnknownField[] =>
  (Object.keys(SHOWN_BY) as UnknownName[])
    .filter((field) => SHOWN_BY[field]?.every((column) => !columns.has(column)))
    .map((field) => ({ field, why: `The recorded list has no column ${SHOWN_BY[field]?.join(' or ')}.` }));

/** Without FULL a server ends a statement at 100 bytes, or before a character that would pass them. */
const SHORT = 100;
const infoBytes = ({ columns }: RecordedRow): number => Buffer.byteLength(columns.get('info') ?? '');

/** A row as a server would have given it. @param isShort - no statement of the list is longer than without FULL */
function toRecorded(row: RecordedRow, unknown: readonly UnknownField[], isShort: boolean): Session {
  const { line, columns } = row;
  const text = (name: string): string | null => {
    const value = columns.get(name);
    return value === undefined || value === 'NULL' ? null : value;
  };
  const shown = (field: UnknownName): string | null =>
    SHOWN_BY[field]?.map(text).find((value) => value !== null) ?? null;
  const seconds = text('time') || null;
  if (seconds !== null && !SECONDS.test(seconds)) throw new UsageError(`line ${line}: the Time is no number`);
  const info = text('info');
  const transaction = shown('transaction');
  const id = text('id') ?? '';
  const session = isSessionId(id)
    ? toSession(
        {
          id,
          user: text('user'),
          host: text('host'),
          db: text('db'),
          command: text('command'),
          time: seconds,
          state: text('state'),
          text: info,
          textIsCut: isShort && infoBytes(row) > SHORT - 4 ? 1 : 0,
          digest: info === null ? null : createHash('sha256').update(info).digest('hex'),
          transactionState: transaction === 'IDLE' ? null : transaction,
          transactionTime: shown('transactionTime') || null,
          tenant: shown('tenant'),
          proxySessionId: shown('proxySessionId'),
          memory: shown('memory') || null,
          cpu: shown('cpu') || null,
        },
        unknown,
      )
    : undefined;
  if (session === undefined) throw new UsageError(`line ${line}: the Id is not 1 to 20 digits`);
  return session;
}

/**
 * Reads a recorded process list: what `SHOW FULL PROCESSLIST` printed in any of the mysql client's forms. The text `NULL`
 * is an absent value, as the client prints it. What the list has no column for is not known of any session.
 *
 * @throws UsageError for a file of another form, and for a row that cannot be read: it names the line
 */
export function readProcesslist(text: string): readonly Session[] {
  const rows = readResult(text);
  const [first] = rows;
  // Every server prints these; a single row in the \\G form that lacks the last ones was cut off.
  for (const column of ['id', 'user', 'command', 'time', 'state', 'info'])
    if (first !== undefined && !first.columns.has(column))
      throw new UsageError(`line ${first.line}: there is no column ${column}`);
  const unknown = unknownOf(new Set(first?.columns.keys()));
  const isShort = rows.every((row) => infoBytes(row) <= SHORT);
  return rows.map((row) => toRecorded(row, unknown, isShort));
}
