import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseIfMatch } from '../../lib/http/request.ts';
import { durationSeconds, inWords, percentFraction, sizeBytes } from '../../lib/reaper/units.ts';
import { isSessionId, type Session, sessionId } from '../../lib/sessions/session.ts';
import { matchTag, sessionTag, statementTag } from '../../lib/sessions/tags.ts';
import { aSession } from '../unit/lib/reaper/a-session.ts';
import { tally } from './tally.ts';

const fuzz = tally('Fuzz: IDs, tags, durations', 'any text, near misses, and every single bit of a tag flipped');

const DIGITS = /^[1-9][0-9]{0,19}$/;
const nearId = fc.string({
  unit: fc.constantFrom(...'0123456789', ' ', '-', '+', '.', 'e', 'x', '\n', '٣', '１', '\0'),
});

it('takes for an ID what is 1 to 20 ASCII digits, the first not zero, and nothing else', async () => {
  await fuzz.check(
    20_000,
    fc.property(
      fc.oneof(nearId, fc.string({ unit: 'binary' }), fc.bigInt({ min: 0n, max: 10n ** 22n }).map(String)),
      (text) => {
        // No regular expression of the product: `$` would let a line break through in other languages.
        const right = DIGITS.test(text) && !text.includes('\n');
        expect(isSessionId(text)).toBe(right);
        if (right) expect(sessionId(text)).toBe(text);
        else expect(() => sessionId(text)).toThrow(RangeError);
      },
    ),
  );
});

const id = fc.bigInt({ min: 1n, max: 10n ** 20n - 1n }).map(String);
const text = fc.option(fc.string({ unit: 'grapheme', maxLength: 20 }), { nil: null });
const statement = fc.record({
  text: fc.string(),
  digest: fc.stringMatching(/^[0-9a-f]{64}$/),
  id: fc.option(fc.string({ minLength: 1, maxLength: 20 }), { nil: null }),
  startedAt: fc.option(fc.integer({ min: 0, max: 4_000_000_000 }), { nil: null }),
});
const session = fc
  .record({ id, server: fc.string({ maxLength: 20 }), user: text, host: text, statement })
  .map((over): Session => aSession(over));

it('refuses a tag with any one of its bits flipped, and the header that bears it', async () => {
  await fuzz.check(
    300,
    fc.property(session, (one) => {
      if (one.statement === null) return;
      for (const [kind, tag] of [
        ['connection', sessionTag(one)],
        ['query', statementTag(one, one.statement)],
      ] as const) {
        expect(matchTag(one, kind, tag)).toBe('match');
        const bytes = Buffer.from(tag, 'latin1');
        // The last part is a second, and a server rounds: one more and one less are the same statement.
        const compared = kind === 'query' ? 45 : 22;
        for (let bit = 0; bit < 8 * Math.min(compared, bytes.length); bit++) {
          const at = bit >> 3;
          const flipped = Buffer.from(bytes);
          flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7));
          const forged = flipped.toString('latin1');
          expect(matchTag(one, kind, forged)).not.toBe('match');
          try {
            expect(matchTag(one, kind, parseIfMatch(`"${forged}"`) ?? '')).not.toBe('match');
          } catch (error) {
            expect(error).toMatchObject({ code: 'tag-invalid' });
          }
          fuzz.tried(1);
        }
      }
    }),
  );
});

it('takes any text for a tag, and says match, mismatch or invalid', async () => {
  await fuzz.check(
    5_000,
    fc.property(
      session,
      fc.constantFrom('connection' as const, 'query' as const),
      fc.string({ unit: 'binary' }),
      (one, kind, tag) => {
        expect(['mismatch', 'invalid']).toContain(matchTag(one, kind, tag));
      },
    ),
  );
});

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const nearDuration = fc.string({
  unit: fc.constantFrom(...'0123456789smhd .-+e', 'minute', 'day', 'hours', 'second', '\n', '٣'),
});

it('reads durations by their unit, and nothing that is not certainly one', async () => {
  await fuzz.check(
    5_000,
    fc.property(fc.integer({ min: 0, max: 999_999_999 }), fc.constantFrom('s', 'm', 'h', 'd'), (count, unit) => {
      expect(durationSeconds(`${count}${unit}`)).toBe(count * (UNITS[unit] ?? 0));
      expect(durationSeconds(`${count}`)).toBeUndefined();
      expect(durationSeconds(`-${count}${unit}`)).toBeUndefined();
    }),
  );
  await fuzz.check(
    20_000,
    fc.property(fc.oneof(nearDuration, fc.string({ unit: 'binary' })), (text) => {
      const seconds = durationSeconds(text);
      if (seconds === undefined) return;
      expect(Number.isSafeInteger(seconds) && seconds >= 0).toBe(true);
      expect(text).toMatch(/^[0-9]{1,9}(?:[smhd]| (?:second|minute|hour|day)s?)$/);
      expect(text).not.toContain('\n');
      expect(inWords(seconds)).toMatch(/^\d+[dhms](?: \d+[hms])?$/);
    }),
  );
});

it('reads shares and sizes the same way', async () => {
  const near = fc.string({ unit: fc.constantFrom(...'0123456789. %KMGiB', 'KiB', '-', '\n') });
  await fuzz.check(
    20_000,
    fc.property(fc.oneof(near, fc.string()), (text) => {
      const share = percentFraction(text);
      if (share !== undefined) {
        expect(share > 0 && share <= 1).toBe(true);
        expect(text).toMatch(/^[0-9]{1,3}(\.[0-9]{1,3})?\s?%$/);
      }
      const bytes = sizeBytes(text);
      if (bytes !== undefined) {
        expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
        expect(text).toMatch(/^[0-9]{1,9}\s?(?:[KMG]i?)?B$/);
      }
    }),
  );
});
