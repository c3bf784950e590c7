import { describe, expect, it } from 'vitest';
import { maskStatement } from '../../../../../lib/sessions/masking/mask-statement.ts';
import type { SqlModes } from '../../../../../lib/sessions/masking/statement-tokens.ts';

const DEFAULT: SqlModes = { noBackslashEscapes: false, ansiQuotes: false };
const ANSI: SqlModes = { noBackslashEscapes: false, ansiQuotes: true };
const PLAIN: SqlModes = { noBackslashEscapes: true, ansiQuotes: false };
const mask = (text: string, modes: SqlModes = DEFAULT) => maskStatement(text, modes);

describe('a masked statement', () => {
  it.each([
    ["SELECT * FROM t1 WHERE a=1 AND b = 'x' AND `a1` = 0x1F", 'SELECT * FROM t1 WHERE a=? AND b = ? AND `a1` = ?'],
    ["SELECT 'it\\'s', 'it''s', \"a\"\"b\", a", 'SELECT ?, ?, ?, a'],
    ["SELECT N'a', _utf8'b', x'41', b'01', DATE '2020-01-01'", 'SELECT ?, ?, ?, ?, DATE ?'],
    ['SELECT 1.5e-3, -2, .5, 0b01, 1e5 - 1, 1abc', 'SELECT ?, -?, ?, ?, ? - ?, ?'],
    ['SELECT db1.t1.c1, c$2, é1 FROM x_9', 'SELECT db1.t1.c1, c$2, é1 FROM x_9'],
    ["x IN (1, 'a', NULL) OR y in(2)", 'x IN (…) OR y in(…)'],
    ['(a, b) IN ((1, 2), (3, 4))', '(a, b) IN (…)'],
    ['INSERT INTO t (a, b) VALUES (1, -2), (3, DEFAULT) , (5,6)', 'INSERT INTO t (a, b) VALUES (…)'],
    ['SELECT f(1, 2), `g`(3), a FROM t LIMIT 1, 10', 'SELECT f(?, ?), `g`(?), a FROM t LIMIT ?, ?'],
    ['SELECT a -- c\n, b # d\n, /* e */ c', 'SELECT a , b , c'],
    ['SELECT /*+ MAX_EXECUTION_TIME(10) */ a /*!50000 FORCE INDEX (i) */ , b', 'SELECT a , b'],
    ['  SELECT\t\n a  ', 'SELECT a'],
    ['SELECT a\u034fb, c\u3164d, `e\u202ef`, g\ud800h', 'SELECT a b, c d, `e f`, g h'],
    ["CALL p(@a, @'b', @@sql_mode)", 'CALL p(@a, @?, @@sql_mode)'],
    ['', ''],
    ['SELECT 1e+5, 1E-5, 1.5e-3', 'SELECT ?, ?, ?'],
    ['SELECT 1+2, 1.5-3, 5a+1, 1e*5, 1e+a, 1+e, 1+e5, 1-E', 'SELECT ?+?, ?-?, ?+?, ?*?, ?+a, ?+e, ?+e5, ?-E'],
    ['SELECT a = ١٢', 'SELECT a = ?'],
    ['a\uffffb', 'a b'],
    ["SELECT ab'c', name'd', xq'e', qa'f', a$b$c", 'SELECT ab?, name?, xq?, qa?, a$b$c'],
    ['x IN (NULL) AND y IN (NULL, DEFAULT) AND z IN ()', 'x IN (NULL) AND y IN (NULL, DEFAULT) AND z IN ()'],
    [
      'x IN (a, 1) OR x IN (1, notnull) OR x IN (1, nullable)',
      'x IN (a, ?) OR x IN (?, notnull) OR x IN (?, nullable)',
    ],
    ['x IN (1 * 2) OR x IN (+1, null)', 'x IN (? * ?) OR x IN (…)'],
    ['min(1), insert(2, 3)', 'min(?), insert(?, ?)'],
    ['INSERT INTO t VALUE (1), (2)', 'INSERT INTO t VALUE (…)'],
    ['INSERT INTO t VALUES (…), (…)', 'INSERT INTO t VALUES (…)'],
    ['(1)', '(…)'],
    ['1)', '?)'],
    ['(1) + (2)', '(…) + (…)'],
    ['+(1) - (2)', '+(…) - (…)'],
    ['PASSWORD', 'PASSWORD'],
    ['SELECT PASSWORD FROM t', 'SELECT PASSWORD FROM t'],
    ['SET NAMES_AB = a, `PASSWORD` = b', 'SET NAMES_AB = a, `PASSWORD` = b'],
    ['SELECT a --', 'SELECT a'],
    ['SELECT a --\x7fb\n, c', 'SELECT a , c'],
    ['SELECT a\n-- b\n, c', 'SELECT a , c'],
    ["SELECT /*! 'a' b */ c, /*!'#'*/ d, /*a! # b*/ e", 'SELECT c, d, e'],
  ])('%s', (text, expected) => {
    expect(mask(text)).toBe(expected);
  });

  it.each([
    ['an open string', "SELECT a, 'b c", 'SELECT a, ?'],
    ['an open identifier', 'SELECT `b c', 'SELECT ?'],
    ['an open comment', 'SELECT a /* b c', 'SELECT a ?'],
    ['an open executable comment', "SELECT a /*! 'b*/ c", 'SELECT a ?'],
    ['a string that hides the end of an executable comment', "SELECT a /*! '*/ c' */ d", 'SELECT a ?'],
    ['a comment in a comment', 'SELECT a /*! /* b */ c */ d', 'SELECT a ?'],
    ['a line that ends at CR for some servers', "SELECT a # it's\r , 'b' c", 'SELECT a ?'],
    ['a line that ends at NUL for some servers', 'SELECT a -- b\0 c', 'SELECT a ?'],
    ['-- without a space', "SELECT a --it's\n , 'b' c", 'SELECT a ?'],
    ['a dollar quote', "SELECT a, $$it's$$, b", 'SELECT a, ?'],
    ['a tagged dollar quote', "SELECT a, $x$it's$x$, b", 'SELECT a, ?'],
    ['a q quote', "SELECT a, q'[it's]', b", 'SELECT a, ?'],
    ['a line comment in an executable comment', 'SELECT a /*! # b */ c', 'SELECT a ?'],
    ['two dashes in an executable comment', 'SELECT a /*! -- b */ c', 'SELECT a ?'],
    ['a line comment right after a string in an executable comment', "SELECT a /*!'b'#*/ c", 'SELECT a ?'],
    ["a line comment in MariaDB's executable comment", 'SELECT a /*M! # b */ c', 'SELECT a ?'],
    ['a line comment in a hint', 'SELECT a /*+ # b */ c', 'SELECT a ?'],
    ['a q quote of national characters', "SELECT a, nQ'[it's]', b", 'SELECT a, ?'],
    ['a password in small letters', 'set password = hunter2', 'set password ?'],
    ['a password without quotes', 'CREATE USER u IDENTIFIED BY hunter2', 'CREATE USER u IDENTIFIED ?'],
    ['a password that is set', 'SET PASSWORD = hunter2', 'SET PASSWORD ?'],
  ])('is cut at %s', (_, text, expected) => {
    expect(mask(text)).toBe(expected);
  });

  it('reads quotes by the modes of the server', () => {
    expect(mask('SELECT "a""b" FROM "t"', ANSI)).toBe('SELECT "a""b" FROM "t"');
    expect(mask('SELECT "a 1"', ANSI)).toBe('SELECT "a 1"');
    expect(mask('SELECT "a" FROM "t"', DEFAULT)).toBe('SELECT ? FROM ?');
    expect(mask("SELECT 'C:\\', b", PLAIN)).toBe('SELECT ?, b');
    expect(mask("SELECT 'C:\\', b", DEFAULT)).toBe('SELECT ?');
  });
});
