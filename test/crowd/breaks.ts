import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { EngineName as Engine } from '../engines/engine-status.ts';

/** One thing that was mended, taken back in the sources themselves. */
export interface Break {
  /** What is taken back. */
  readonly about: string;
  /** Where it shows. */
  readonly engine: Engine;
  /** In a file of `lib`, words that are replaced wherever they stand. */
  readonly edits: readonly (readonly [file: string, words: string, by: string])[];
}

const SOURCES = 'database/dialects/mysql-sources.ts';

/** What `--break` can take back, by name. */
export const BREAKS: Readonly<Record<string, Break>> = {
  'statements-in-transactions': {
    about: 'a statement’s identity is read where nothing is above it, and a transaction is',
    engine: 'mysql',
    edits: [
      [SOURCES, 's.NESTING_EVENT_LEVEL = ', 's.NESTING_EVENT_ID IS NULL AND 1 >= '],
      [SOURCES, 'END_EVENT_ID, NESTING_EVENT_LEVEL\n', 'END_EVENT_ID, NESTING_EVENT_ID\n'],
    ],
  },
  packets: {
    about: 'the statements of a packet share their identity',
    engine: 'oceanbase',
    edits: [['database/dialects/oceanbase.ts', ', 256), 16))`', ', 256), 0))`']],
  },
  'performance-schema-off': {
    about: 'performance_schema’s own list is read, and nobody looks whether we stand in it',
    engine: 'mysql',
    edits: [
      [SOURCES, '`information_schema.processlist p\n', '`performance_schema.processlist p\n'],
      ['database/connected-database.ts', 'if (own !== undefined && shows) {', 'if (own?.id !== "never") {'],
      ['database/connected-database.ts', 'if (!this.#source().isCluster) this', 'if (own !== undefined) this'],
    ],
  },
  zone: {
    about: 'our session keeps the server’s zone',
    engine: 'mariadb',
    edits: [['database/dialects/shared.ts', `  "SET SESSION time_zone = 'SYSTEM'",\n`, '']],
  },
  'unknown-transaction': {
    about: 'a transaction that is not shown is none',
    engine: 'mysql',
    edits: [['database/dialects/shared.ts', ', ...NO_TRANSACTIONS]', ']']],
  },
  'text-cut-off': {
    about: 'a text of which the beginning is shown is taken for a whole one',
    engine: 'mysql',
    edits: [['reaper/match.ts', 'session.statement?.textIsCut === true', 'session.id === "never"']],
  },
  'waits-without-holder': {
    about: 'who waits for nobody knows whom is left out',
    engine: 'mariadb',
    edits: [
      [
        'database/dialects/innodb-lock-waits.ts',
        'if (found.length === 0) waits.push',
        'if (id === "never") waits.push',
      ],
    ],
  },
  'killed-twice': {
    about: 'what is being killed is killed again',
    engine: 'mysql',
    edits: [
      [
        'database/compare-and-kill.ts',
        "if (kind === 'query') conditions.push",
        'if (kind === undefined) conditions.push',
      ],
      [
        'database/dialects/mysql.ts',
        'aim: ([victim]) => (victim === undefined ? {} : aimAt(victim))',
        'aim: () => ({})',
      ],
    ],
  },
  'restarted-server': {
    about: 'a server’s identity lacks its start',
    engine: 'mysql',
    edits: [
      [
        'database/dialects/mysql.ts',
        ", (SELECT UNIX_TIMESTAMP() - VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Uptime'))",
        ')',
      ],
    ],
  },
};

const LIB = new URL('../../lib/', import.meta.url);

/** The source of a file with what a break takes back. @throws Error where the words are not there: what was mended reads otherwise by now */
export function broken({ edits }: Break, file: string, source: string): string {
  return edits.reduce((text, [name, words, by]) => {
    if (name !== file) return text;
    if (!text.includes(words)) throw new Error(`lib/${file} does not say: ${words}`);
    return text.replaceAll(words, by);
  }, source);
}

/** Takes something back for all that is loaded from now on. */
export function takeBack(one: Break): void {
  const files = new Set(one.edits.map(([file]) => file));
  registerHooks({
    load(url, context, next) {
      const file = url.startsWith(LIB.href) ? url.slice(LIB.href.length) : '';
      if (!files.has(file)) return next(url, context);
      const source = broken(one, file, readFileSync(fileURLToPath(url), 'utf8'));
      return { format: 'module-typescript', source, shortCircuit: true };
    },
  });
}
