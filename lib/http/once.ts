import type { HttpAnswer } from './answer.ts';
import type { HttpCall } from './pipeline.ts';

/**
 * Answers a call that came with an `Idempotency-Key` once, and every later one of the same principal with the same answer.
 * Without a key it simply answers.
 */
export async function once<Path, Query, Body>(
  operation: string,
  { services, principal, path, query, body, key, remainingMs }: HttpCall<Path, Query, Body>,
  answer: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  if (key === null) return answer();
  const scope = [operation, principal.source, principal.subject];
  return services.idempotency.once({ scope, key, payload: { path, query, body }, remainingMs }, answer);
}
