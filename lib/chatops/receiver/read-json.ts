import * as z from 'zod/mini';
import { AppError } from '../../errors.ts';

/** The text of a body. @throws AppError `request-invalid` for what is not UTF-8. */
export function utf8(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch (cause) {
    throw new AppError('request-invalid', { cause, detail: 'body: is not UTF-8.' });
  }
}

/** Parsed JSON. @throws AppError `request-invalid`, which quotes nothing. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('request-invalid', { detail: 'body: is not JSON.' });
  }
}

/** A value of a schema. @throws AppError `request-invalid` with the field's name. */
export function shaped<T>(schema: z.ZodMiniType<T>, value: unknown): T {
  const { data, error } = z.safeParse(schema, value);
  if (error === undefined) return data as T;
  const field =
    error.issues[0]?.path
      .map(String)
      .join('.')
      .replace(/[^\w.]/g, '?')
      .slice(0, 80) || 'body';
  throw new AppError('request-invalid', { detail: `${field}: is missing or not of its form.` });
}
