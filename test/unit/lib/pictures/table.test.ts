import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { rendered } from '../../../../lib/pictures/lines.ts';
import { type Column, cut, table } from '../../../../lib/pictures/table.ts';

const COLUMNS: readonly Column<Row>[] = [
  { title: 'Id', cell: ({ id }: Row) => id },
  { title: 'Who', cell: ({ who }: Row) => who, least: 6 },
  { title: 'Left out', cell: ({ more }: Row) => more, least: 5, sacrifice: 1 },
  { title: 'Only here', cell: ({ more }: Row) => more.slice(3), sacrifice: 2, optional: true },
  { title: 'Time', cell: ({ time }: Row) => ({ text: time, style: 'red' }), align: 'right' },
  { title: 'Text', cell: ({ text }: Row) => text, least: 8 },
];
interface Row {
  readonly id: string;
  readonly who: string;
  readonly more: string;
  readonly time: string;
  readonly text: string;
}
const words = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.constantFrom('日本語の文字列です', '👩‍👩‍👧 family', 'a\nb', '\x1b[31mred\u202e'),
);
const row = fc.record({
  id: fc.stringMatching(/^[1-9]\d{0,9}$/),
  who: words,
  more: words,
  time: fc.stringMatching(/^\d{1,3}[smh]$/),
  text: fc.string({ maxLength: 300 }),
});

describe('a table', () => {
  it('is never wider than what it is given, keeps its columns in line, and commands no terminal', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), fc.integer({ min: 60, max: 220 }), (rows, width) => {
        const lines = table(COLUMNS, rows, width).map((line) => rendered(line, false));
        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines) {
          expect(stringWidth(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
        }
        // Each ID stands whole where its title stands.
        for (const [at, { id }] of rows.entries()) expect(lines[at + 1]?.startsWith(`${id} `)).toBe(true);
      }),
    );
  });

  it('leaves out what is worth least where there is no room, and what is empty', () => {
    const [head] = table(COLUMNS, [{ id: '1', who: 'ada', more: 'x', time: '5m', text: 'SELECT 1' }], 200);
    expect(rendered(head ?? '', false)).toBe('Id  Who  Left out  Time  Text');
    const wide = { id: '3221487617', who: 'somebody', more: 'something of it', time: '15m', text: 'SELECT 1, 2, 3' };
    const narrow = table(COLUMNS, [wide], 38).map((line) => rendered(line, false));
    expect(narrow).toEqual(['Id          Who       Time  Text', '3221487617  somebody   15m  SELECT 1,…']);
  });

  it('colours with our own styles only', () => {
    const [, line = ''] = table(COLUMNS, [{ id: '1', who: '\x1b[32mgreen', more: '', time: '5m', text: '' }], 200);
    const shown = rendered(line, true);
    expect(shown.split('\x1b')).toEqual(['1   \\u001b[32mgreen              ', '[31m5m', '[39m']);
  });

  it('cuts between characters as people see them', () => {
    expect(cut('abcdef', 4)).toBe('abc…');
    expect(cut('日本語', 4)).toBe('日…');
    expect(cut('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 4)).toBe('👩‍👩‍👧…');
    expect(cut('abc', 3)).toBe('abc');
  });
});
