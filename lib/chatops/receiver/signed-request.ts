import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { AppError } from '../../errors.ts';

const sha256 = (data: string): Buffer => createHash('sha256').update(data).digest();

/** True for equal texts, in a time that tells neither where they differ nor how long the right one is. */
export const isSame = (given: string, right: string): boolean => timingSafeEqual(sha256(given), sha256(right));

/** HMAC-SHA256 of the parts, one after another. */
export function hmac(key: string | Buffer, parts: readonly (string | Buffer)[], encoding: 'hex' | 'base64'): string {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest(encoding);
}

/**
 * True where a timestamp of decimal digits lies within `window` of the clock, before or after it. A clock that is ahead
 * would otherwise make a request that stays valid for as long as it is ahead.
 *
 * @param unit milliseconds that one of the timestamp is worth. @param windowSeconds on each side.
 */
export function isFresh(timestamp: string, now: Date, unit: 1 | 1000, windowSeconds: number): boolean {
  if (!/^[1-9]\d{0,15}$/.test(timestamp)) return false;
  return Math.abs(now.getTime() - Number(timestamp) * unit) <= windowSeconds * 1000;
}

/** The refusal of a request that is not certainly its platform's. The detail helps the person who sets it up, and tells no secret. */
export const signatureInvalid = (detail: string): AppError => new AppError('signature-invalid', { detail });

/** A channel's configuration. @throws AppError `signature-invalid` where there is none: unconfigured means refused. */
export function configured<T>(secret: T | undefined, what: string): T {
  if (secret === undefined) throw signatureInvalid(`${what} is not configured.`);
  return secret;
}

/** A header's text; a missing one is empty, which proves nothing. */
export const headerOf = (
  { headers }: { readonly headers: Readonly<Record<string, string | undefined>> },
  name: string,
): string =>
  // Stryker disable next-line StringLiteral: whatever replaces a missing header, it proves nothing
  headers[name] ?? '';

/** One short text for several values: the same for the same, in 43 characters that fit a key. */
export const hashOf = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

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
