import * as z from 'zod/mini';

/** Text of a secret. */
export const text = z.string().check(z.minLength(1), z.maxLength(4096));

/** One or more IDs of the platform's own. */
export const ids = z.array(text).check(z.minLength(1));

/** Where messages go that nobody asked for, by the place's name: what it is, says the channel. */
export const places = z._default(z.record(z.string(), text), {});
