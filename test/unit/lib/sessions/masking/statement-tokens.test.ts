import { expect, it } from 'vitest';
import { tokensOf } from '../../../../../lib/sessions/masking/statement-tokens.ts';

it('splits a statement into tokens of their kinds, and the last is a cut where a literal has no end', () => {
  const modes = { noBackslashEscapes: false, ansiQuotes: false };
  expect(tokensOf('a', modes)).toEqual([{ kind: 'word', text: 'a' }]);
  expect(tokensOf("`b`,\n 'c", modes)).toEqual([
    { kind: 'name', text: '`b`' },
    { kind: 'sign', text: ',' },
    { kind: 'space', text: ' ' },
    { kind: 'cut', text: '?' },
  ]);
});
