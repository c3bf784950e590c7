import * as z from 'zod/mini';
import { isSessionId, sessionId } from '../sessions/session.ts';
import { TAG } from './if-match.ts';

// Read here, not coerced: `Number('')` is 0, and `Number('0x1f')` and `Number('1e3')` are numbers too.
const DECIMAL = /^(?:0|[1-9]\d{0,14})$/;

/** A whole number in a query string: decimal digits only, no sign, no leading zero. */
export const decimal = (min: number, max: number) =>
  z
    .pipe(
      z.string().check(
        z.refine((text) => DECIMAL.test(text) && Number(text) >= min && Number(text) <= max, {
          error: `must be a decimal number from ${min} to ${max}`,
        }),
      ),
      z.transform(Number),
    )
    .check(z.meta({ override: { type: 'integer', minimum: min, maximum: max } }));

/** `true` or `false` in a query string; nothing else means either. */
export const flag = () =>
  z
    .pipe(
      z.string().check(z.refine((text) => text === 'true' || text === 'false', { error: 'must be true or false' })),
      z.transform((text) => text === 'true'),
    )
    .check(z.meta({ override: { type: 'boolean' } }));

/** A parameter that may be left out. The document names its default too, which zod does not tell of what it transforms. */
export const withDefault = <T extends string | number | boolean>(
  schema: z.ZodMiniType<T, string>,
  value: T,
  description: string,
) =>
  z._default(schema, value as z.core.util.NoUndefined<T>).check(z.meta({ description, override: { default: value } }));

const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** Text of 1 to `max` characters (code points), none of them a control character. */
export const line = (max: number, description: string, example?: string) =>
  z.string().check(
    z.refine((text) => text !== '' && text.length <= 2 * max && [...text].length <= max, {
      error: `must have 1 to ${max} characters`,
    }),
    z.refine((text) => !CONTROL.test(text) && text.isWellFormed(), { error: 'must not hold control characters' }),
    z.meta({
      description,
      ...(example !== undefined && { example }),
      override: { minLength: 1, maxLength: max, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$' },
    }),
  );

/** A session's ID in a path or body, digit for digit. */
export const sessionIdField = z
  .pipe(
    z.string().check(z.refine(isSessionId, { error: 'must be 1 to 20 decimal digits, the first not zero' })),
    z.transform((text: string) => sessionId(text)),
  )
  .check(
    z.meta({
      description: 'The ID of the session, as the list shows it.',
      example: '3221487617',
      override: { pattern: '^[1-9][0-9]{0,19}$' },
    }),
  );

/** A session or statement tag in a body. */
export const tagField = z
  .string()
  .check(
    z.regex(TAG, { error: 'must be a tag as the list shows it' }),
    z.meta({ description: 'The session tag (`connection`) or statement tag (`query`), as the list shows it.' }),
  );

/** A moment, ISO 8601 with its offset; read as UTC. */
export const moment = (description: string) =>
  z
    .pipe(
      z.iso.datetime({ offset: true, error: 'must be ISO 8601 with an offset (in a URL, + is %2B)' }),
      z.transform((text: string) => new Date(text).toISOString()),
    )
    .check(
      z.meta({
        description,
        example: '2026-11-24T08:00:00Z',
        override: ({ jsonSchema }) => {
          delete jsonSchema.pattern; // `format` says it; zod's pattern is half a page
        },
      }),
    );

/** The opaque `next` of the page before. */
export const cursorField = z
  .string()
  .check(
    z.regex(/^[!-~]{1,2048}$/, { error: 'must be the next of the page before' }),
    z.meta({ description: 'The `next` of the page before, with the same other parameters.' }),
  );
