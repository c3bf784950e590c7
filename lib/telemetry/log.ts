import { AppError } from '../errors.ts';
import { annotate, knownCorrelationId } from './call.ts';
import { SERVICE } from './metrics.ts';
import { countFailure } from './samples.ts';

/**
 * Writes one line of JSON with the present call's correlation ID. Nothing secret, no SQL and no error's message
 * belongs into `fields`.
 *
 * @param fields - a `correlationId` in them takes precedence over the call's
 */
export async function log(
  level: 'info' | 'warn' | 'error',
  message: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  // Most calls never log: the logger's loading time is not theirs to pay.
  const { Logger } = await import('@aws-lambda-powertools/logger');
  const logger = new Logger({ serviceName: process.env['POWERTOOLS_SERVICE_NAME'] || SERVICE });
  logger[level](message, { correlationId: knownCorrelationId(), ...fields });
}

const NAME = /^[\w$]{1,60}$/;
const FRAME = /^ {4}at (?:.{1,200} \()?(?:async )?(?:file:\/\/|node:|\/|[A-Za-z]:\\|<anonymous>|native)[^\n]*\)?$/;

const named = (value: unknown): string | number | undefined =>
  typeof value === 'number' || (typeof value === 'string' && NAME.test(value)) ? value : undefined;

/** What may be logged of an error that is not ours. Not its message: a driver quotes the SQL there, literals and all. */
function described(error: unknown) {
  if (!(error instanceof Error)) return { name: typeof error };
  const { code, errno, sqlState } = error as { code?: unknown; errno?: unknown; sqlState?: unknown };
  return { name: named(error.name), code: named(code), errno: named(errno), sqlState: named(sqlState) };
}

/** The frames of a stack without its head, which repeats the message, whatever lines that has. */
export function stackFrames({ stack = '', message }: Error): string[] {
  const at = message === '' ? -1 : stack.indexOf(message);
  const tail = at < 0 ? stack : stack.slice(at + message.length);
  return tail
    .split('\n')
    .filter((line) => FRAME.test(line))
    .map((line) => line.trim());
}

/** What the log holds of a failure: enough to find its place and its kind, and nothing that a server or a caller wrote. */
export function failureEntry(failure: unknown, correlationId: string) {
  if (failure instanceof AppError) {
    const { code, status, detail, auditId, cause } = failure;
    return {
      correlationId,
      code,
      detail,
      auditId,
      ...(status >= 500 && cause !== undefined && { cause: described(cause) }),
    };
  }
  const cause = failure instanceof Error && failure.cause !== undefined ? described(failure.cause) : undefined;
  const frames = failure instanceof Error ? stackFrames(failure) : [];
  return { correlationId, code: 'internal', failure: described(failure), cause, frames };
}

/**
 * Tells of a failed call once, where its failure becomes an answer: in the metrics, the trace and the log. What we did not
 * foresee is an error there, our own 5xx a warning, a caller's mistake information.
 */
export async function logFailure(failure: unknown, correlationId: string): Promise<void> {
  countFailure(failure);
  const entry = failureEntry(failure, correlationId);
  annotate({ code: entry.code });
  if (!(failure instanceof AppError)) await log('error', 'request failed unforeseen', entry);
  else if (failure.status >= 500) await log('warn', 'request failed', entry);
  else await log('info', 'request refused', entry);
}
