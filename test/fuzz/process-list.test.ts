import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Session } from '../../lib/sessions/session.ts';
import { UsageError } from '../../local/cli/help.ts';
import { readProcesslist } from '../../local/cli/read-processlist.ts';
import { FORMS, LISTS } from '../differential/lists.ts';
import { tally } from './tally.ts';

const fuzz = tally('Fuzz: recorded process lists', 'lists of each engine in each form, cut anywhere, and any text');

/** The sessions, or `undefined` where the list is refused; any other error is a finding. */
function read(text: string): readonly Session[] | undefined {
  try {
    return readProcesslist(text);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return undefined;
  }
}

const CASES = Object.entries(LISTS).flatMap(([list, rows]) =>
  Object.entries(FORMS).map(([form, print]) => [list, form, print(rows)] as const),
);

it.each(CASES)('%s as %s, cut anywhere, gives rows as they were recorded, or none', (_list, _form, text) => {
  const whole = readProcesslist(text);
  for (let length = 0; length < text.length; length++) {
    fuzz.tried(1);
    const rows = read(text.slice(0, length)) ?? [];
    for (const [at, { statement, ...row }] of rows.entries()) {
      const { statement: recorded, ...right } = whole[at] ?? {};
      expect(row).toEqual(right);
      // The statement is the last column: of the last row nobody can tell that it went on, nor a part of the line between
      // two rows from a line of it.
      const shown = statement?.text?.replace(/\n\*+[^\n]*$/, '') ?? '';
      const isLast = at === rows.length - 1;
      if (!isLast) expect(statement).toEqual(recorded);
      else expect((recorded?.text ?? 'NULL').startsWith(shown)).toBe(true);
    }
  }
});

it('is read or refused, whatever the text', async () => {
  const pieces = fc.constantFrom(
    '+----+----+',
    '| Id | User |',
    '| 1 | a |',
    '\n',
    '\r\n',
    '\t',
    'Id\tUser\tCommand\tTime',
    '1\ta\tSleep\t5',
    '*** 1. row ***',
    ' Id: 1',
    'Info: x',
    ':',
    '|',
    'NULL',
    'é',
    '\0',
    '1 row in set',
  );
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: pieces, maxLength: 30 }));
  await fuzz.check(
    20_000,
    fc.property(text, (recorded) => void read(recorded)),
  );
});

it('is read or refused with characters of a good list changed', async () => {
  await fuzz.check(
    5_000,
    fc.property(
      fc.constantFrom(...CASES),
      fc.nat(),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
      ([, , text], at, put) => {
        const place = at % text.length;
        read(text.slice(0, place) + put + text.slice(place + put.length));
      },
    ),
  );
});
