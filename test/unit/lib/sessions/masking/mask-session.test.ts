import { describe, expect, it } from 'vitest';
import { safeMask } from '../../../../../lib/sessions/masking/mask-statement.ts';

describe('a statement masked for a session of unknown modes', () => {
  it.each([
    ['shows all where both readings agree', "SELECT 'a', b FROM t", 'SELECT ?, b FROM t'],
    ['takes double quotes for a literal', 'SELECT "a" FROM t', 'SELECT ? FROM t'],
    ['drops what follows a backslash that may escape', "SELECT 'a\\'b', c", 'SELECT ?…'],
    ['drops what follows a backslash that may end a string', "SELECT a, 'C:\\', b", 'SELECT a, ?…'],
  ])('%s', (_, text, expected) => {
    expect(safeMask(text)).toBe(expected);
  });
});
