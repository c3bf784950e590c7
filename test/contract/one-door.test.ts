import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** Every source that runs, by its path. */
const SOURCES = ['lib', 'functions', 'local', 'infra', 'bin'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.[jt]s$/.test(file))
    .map((file) => ({ file: join(folder, file), text: readFileSync(join(root, folder, file), 'utf8') })),
);
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
const naming = (word: RegExp): readonly string[] =>
  SOURCES.filter(({ text }) => word.test(withoutComments(text)))
    .map(({ file }) => file)
    .toSorted();

describe('nothing reaches a server with a KILL but through the door', () => {
  it.each([
    ['killPacket', /\bkillPacket\b/, ['lib/database/compare-and-kill.ts']],
    ['compareAndKillSql', /\bcompareAndKillSql\b/, ['lib/database/compare-and-kill.ts']],
    ['sendKills', /\bsendKills\b/, ['lib/database/compare-and-kill.ts', 'lib/database/connected-database.ts']],
    [
      'compareAndKill',
      /\bcompareAndKill\b/,
      ['lib/database/connected-database.ts', 'lib/database/database.ts', 'lib/sessions/kill/carry-out.ts'],
    ],
    [
      'the dialects’ kill',
      /\bdialect\.kill\b|\bengine\.kill\b/,
      ['lib/database/compare-and-kill.ts', 'lib/database/dialects/managed.ts'],
    ],
    // The statement itself, in SQL. Elsewhere the word stands in sentences that people read.
    [
      'the SQL of KILL',
      /`(?:[^`]*;)?\s*(?:KILL (?:\$\{|CONNECTION |QUERY )|CALL mysql\.)/,
      [
        'lib/database/dialects/managed.ts',
        'lib/database/dialects/mariadb.ts',
        'lib/database/dialects/mysql.ts',
        'lib/database/dialects/oceanbase.ts',
      ],
    ],
  ])('%s is named only where it must be', (_, word, files) => {
    expect(naming(word)).toEqual(files);
  });

  it('and the door has two callers: people and reapers, who hand over a connection that can kill', () => {
    expect(naming(/\bcarryOut\(/)).toEqual([
      'lib/reaper/end-victims.ts',
      'lib/sessions/kill/carry-out.ts',
      'lib/sessions/kill/kill.ts',
    ]);
    expect(naming(/\bKillingDatabase\b/)).toEqual([
      'lib/database/connected-database.ts',
      'lib/database/database.ts',
      'lib/database/open-database.ts',
      'lib/reaper/end-victims.ts',
      'lib/reaper/reap-by-rule.ts',
      'lib/reaper/reap.ts',
      'lib/services.ts',
      'lib/sessions/kill/carry-out.ts',
      'lib/sessions/kill/kill.ts',
      'lib/targets/with-target.ts',
    ]);
  });
});
