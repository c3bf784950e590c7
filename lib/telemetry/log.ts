import { knownCorrelationId } from './call.ts';
import { SERVICE } from './metrics.ts';

/**
 * Writes one line of JSON with the present call's correlation ID. Nothing secret, nobody's SQL and no error's message
 * belongs into `fields`.
 *
 * @param fields - a `correlationId` in them stands before the call's
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
