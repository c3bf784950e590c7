import * as z from 'zod/mini';
import type { KillKind } from '../sessions/session.ts';
import { TAG_FORM } from '../sessions/tags.ts';
import { TAG_EXAMPLE } from './answers.ts';

/** `If-Match` as the document describes it, by what its tag guards. */
export const ifMatch = (kind: KillKind) =>
  z.object({
    'If-Match': z.optional(
      z.string().check(
        z.regex(new RegExp(`^"${TAG_FORM[kind]}"$`)),
        z.meta({
          description: `The ${kind === 'query' ? 'statement' : 'session'} tag: nothing is ended but what the tag stands for.`,
          example: `"${TAG_EXAMPLE[kind]}"`,
        }),
      ),
    ),
  });

/** `Idempotency-Key` as the document describes it. */
export const idempotencyKey = z.object({
  'Idempotency-Key': z.optional(
    z.string().check(
      z.regex(/^(?:"[\w.:+/=-]{1,128}"|[\w.:+/=-]{1,128})$/),
      z.meta({
        description:
          'Makes the request happen once: sent again within 24 hours by the same caller, with the same content, it gives the same answer.',
        example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
      }),
    ),
  ),
});
