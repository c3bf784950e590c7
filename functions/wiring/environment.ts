import { AppError } from '../../lib/errors.ts';
import type { VariableName } from './variables.ts';

/** The environment of a function, of which it reads nothing that docs/configuration.md does not list. */
export type Env = Readonly<Partial<Record<VariableName, string | undefined>>>;

/** An environment variable. @throws AppError `configuration-invalid` where it is not set */
export function named(env: Env, name: VariableName): string {
  const value = env[name];
  if (value) return value;
  throw new AppError('configuration-invalid', { detail: `${name} is not set.` });
}

/** A whole number from 1 to 99999. @throws AppError `configuration-invalid` where it is set to anything else */
export function numbered(env: Env, name: VariableName, otherwise: number): number {
  const value = env[name] || String(otherwise);
  if (/^[1-9]\d{0,4}$/.test(value)) return Number(value);
  throw new AppError('configuration-invalid', { detail: `${name}: write a whole number from 1 to 99999.` });
}

/**
 * Made once for each Lambda environment, and again after its life; a failure is not kept.
 *
 * @param lifeMs - milliseconds; without them it lives as long as the environment
 */
export function loadOnce<T>(make: (env: Env) => Promise<T>, lifeMs = Number.POSITIVE_INFINITY): () => Promise<T> {
  let made: Promise<T> | undefined;
  let until = 0;
  return () => {
    if (made !== undefined && performance.now() < until) return made;
    until = performance.now() + lifeMs;
    made = make(process.env).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/**
 * Options of every client of AWS's control and data stores: no answer, or one that stops in its middle, ends a try instead of
 * holding a call for as long as its function may run. DynamoDB, SQS, Secrets Manager and Parameter Store answer in some
 * ten milliseconds. All in milliseconds.
 *
 * @see https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-timeout.html
 */
export const AWS_LIMITS = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    // Else the SDK only warns.
    throwOnRequestTimeout: true,
    socketTimeout: 2_000,
  },
} as const;

/** `run-command` may take its 60 seconds: who waits for its answer waits a little longer, or the command would be given twice. */
export const RUN_COMMAND_LIMITS = {
  maxAttempts: 2,
  requestHandler: { ...AWS_LIMITS.requestHandler, requestTimeout: 65_000, socketTimeout: 65_000 },
} as const;
