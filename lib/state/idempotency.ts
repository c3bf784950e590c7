import type { BasePersistenceLayer } from '@aws-lambda-powertools/idempotency/persistence';
import type { Context } from 'aws-lambda';
import { AppError, type ErrorCode } from '../errors.ts';

/** A request that must have one effect, however often it is sent. */
export interface OnceCall {
  /** Who sends it and what it does: a key means nothing outside of it. */
  readonly scope: readonly string[];
  /** What the caller chose. */
  readonly key: string;
  /** JSON of the request: the same key with another is refused. */
  readonly payload: unknown;
  /** Milliseconds after which a call that has not ended is dead, and the key free again. */
  readonly remainingMs: () => number;
}

/** Makes requests happen once. */
export interface Idempotency {
  /**
   * Runs `work` for the first call of a key, and gives what it answered (JSON) to every later one for 24 hours. A `work`
   * that rejects leaves the key free.
   *
   * @throws AppError `idempotency-in-flight`, `idempotency-key-reused`, `state-unavailable`, and what `work` throws
   */
  once<Answer>(call: OnceCall, work: () => Promise<Answer>): Promise<Answer>;
}

const DAY_SECONDS = 86_400;

const CODES: Readonly<Record<string, ErrorCode>> = {
  IdempotencyAlreadyInProgressError: 'idempotency-in-flight',
  IdempotencyValidationError: 'idempotency-key-reused',
};

/**
 * Idempotency by Powertools over any of its persistence layers, which is made with the first call. An answer that cannot
 * be kept is given all the same: its effect is on record, and the key stays in flight until its time is over.
 */
export function createIdempotency(load: () => Promise<BasePersistenceLayer>): Idempotency {
  // Each operation's keys begin with its name, so that a function's role reaches its own only.
  const layers = new Map<string, Promise<BasePersistenceLayer>>();
  return {
    async once({ scope, key, payload, remainingMs }, work) {
      const { IdempotencyConfig, makeIdempotent } = await import('@aws-lambda-powertools/idempotency');
      const [operation = ''] = scope;
      const layer = layers.get(operation) ?? load();
      layers.set(operation, layer);
      const config = new IdempotencyConfig({
        eventKeyJmesPath: 'key',
        payloadValidationJmesPath: 'payload',
        throwOnNoIdempotencyKey: true,
        expiresAfterSeconds: DAY_SECONDS,
        hashFunction: 'sha256',
        // All that Powertools reads of a context.
        lambdaContext: { getRemainingTimeInMillis: remainingMs } as Context,
      });
      let end: { readonly answer: Awaited<ReturnType<typeof work>> } | { readonly error: unknown } | undefined;
      const kept = async (_data: unknown) => {
        try {
          const answer = await work();
          end = { answer };
          // Powertools keeps JSON; a type of ours is no index signature.
          return answer as never;
        } catch (error) {
          end = { error };
          throw error;
        }
      };
      const once = makeIdempotent(kept, {
        persistenceStore: await layer,
        config,
        keyPrefix: `idempotency/${operation}`,
      });
      try {
        return await once({ key: [...scope, key], payload });
      } catch (error) {
        if (end !== undefined && 'answer' in end) return end.answer;
        if (end !== undefined) throw end.error;
        throw new AppError(CODES[error instanceof Error ? error.name : ''] ?? 'state-unavailable', { cause: error });
      }
    },
  };
}
