import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAndKillSql } from '../../lib/database/compare-and-kill.ts';
import { DIALECTS, dialectOf } from '../../lib/database/dialects/index.ts';
import { managed } from '../../lib/database/dialects/managed.ts';
import { oceanbaseCluster } from '../../lib/database/dialects/oceanbase-cluster.ts';
import { faultOf } from '../../lib/database/faults.ts';
import { selectSessions } from '../../lib/database/read-sessions.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { aSession } from '../unit/lib/reaper/a-session.ts';

const ALL = [
  ...Object.entries(DIALECTS),
  ['oceanbase as a cluster', oceanbaseCluster] as const,
  ['rds on mysql', managed(DIALECTS.mysql, ['rds_kill', 'rds_kill_query'])] as const,
  ['rds on mariadb', managed(DIALECTS.mariadb, ['rds_kill', 'rds_kill_query', 'rds_kill_query_id'])] as const,
];
const VERSIONS = ['4.3.5 OceanBase', '5.7.25-OceanBase seekdb-v1.4.0.0', '10.11', '9.7'];

describe.each(ALL)('the dialect %s', (_name, dialect) => {
  const sources = VERSIONS.flatMap((version) => dialect.sources(version, '@@server_uuid'));
  const kinds = ['connection', 'query'] as const;

  it('keeps an ID of 20 digits exact, and kills under the guard alone', () => {
    const victim = { id: sessionId('18446744073709551615'), statementId: null };
    for (const kind of kinds) {
      const sql = dialect.kill(victim, kind, 'GUARD');
      expect(sql).toMatch(/IF\(GUARD, 18446744073709551615, (?:0|2147483648)\)/);
    }
    expect(dialect.kill(victim, 'query', 'G')).not.toBe(dialect.kill(victim, 'connection', 'G'));
  });

  it('never prepares a KILL, which crashes the OceanBase kernel', () => {
    for (const source of sources)
      for (const kind of kinds)
        expect(
          compareAndKillSql(dialect, source, [{ session: aSession(), compareStatement: false }], kind),
        ).not.toMatch(/(?<!')\b(?:PREPARE|EXECUTE)\b/i);
  });

  it('reads the best source first, and can fall back to one that every account may read', () => {
    const exact = sources.map((source) => source.exactStatements);
    expect(exact[0]).toBe(true);
    expect(sources.at(-1)?.columns).toMatchObject({ transactionId: 'NULL' });
  });

  it('knows a session that has ended, and one that is not ours to end', () => {
    expect(faultOf({ errno: 1094 }, dialect)).toBe('no-such-session');
    expect(faultOf({ errno: 1095 }, dialect)).toBe('privilege');
  });

  it('lets nothing that a server or client made escape into SQL', () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.constantFrom("'; DROP TABLE t; --", '\\', '/*', '*/', '"', '`', "x' OR 1=1"),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (server, user, host, text) => {
        const session = aSession({
          server,
          user,
          host,
          command: text,
          statement: { text, digest: text, id: '7', startedAt: 1 },
        });
        for (const source of sources) {
          const sql = compareAndKillSql(
            dialect,
            source,
            [{ session, compareStatement: true, compareActivity: true }],
            'query',
          );
          const plain = compareAndKillSql(
            dialect,
            source,
            [
              {
                session: {
                  ...session,
                  server: 'a',
                  user: 'a',
                  host: 'a',
                  command: 'a',
                  statement: { text: 'a', digest: 'a', id: '7', startedAt: 1 },
                },
                compareStatement: true,
                compareActivity: true,
              },
            ],
            'query',
          );
          // Apart from hexadecimal literals the two are one statement.
          const bare = (statement: string): string => statement.replace(/x'[0-9a-f]*'/g, "x''");
          expect(bare(sql)).toBe(bare(plain));
        }
      }),
    );
  });

  it('asks for no transaction and no resource before a kill', () => {
    for (const source of sources) {
      const sql = selectSessions(source, [sessionId('42')], 'row');
      expect(sql).not.toMatch(/AS (?:transactionId|memory|cpu)\b/);
    }
  });
});

it('is chosen by what the server says it is', () => {
  expect(dialectOf('5.7.25-OceanBase seekdb-v1.4.0.0 x').engine).toBe('oceanbase');
  expect(dialectOf('10.11.6-MariaDB-log x').engine).toBe('mariadb');
  expect(dialectOf('8.0.36 MySQL Community Server').engine).toBe('mysql');
});
