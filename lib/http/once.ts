import { AppError } from '../errors.ts';
import type { Access } from '../privileges/access-rules.ts';
import { mayUseTarget, resolveAccess } from '../privileges/access-rules.ts';
import { onTarget } from '../targets/with-target.ts';
import type { HttpAnswer } from './answer.ts';
import type { HttpCall } from './pipeline.ts';

/** An answer as it is kept, with what its caller was allowed when it was made. */
interface Kept {
  readonly answer: HttpAnswer;
  readonly access: Allowed;
}

type Allowed = Pick<Access, 'process' | 'super' | 'users' | 'fullStatements'>;

const CHANGED =
  'You have less access to this target than when this Idempotency-Key was first used. Look at the record, or send the request with a new key.';

/**
 * Answers a call that came with an `Idempotency-Key` once, and every later one of the same principal with the same answer,
 * as long as they may do at least what they were allowed then. Without a key it simply answers.
 *
 * @throws AppError `target-not-found`, `not-allowed` where access was taken away meanwhile, and what `answer` throws
 */
export async function once<Path extends { readonly target: string }, Query, Body>(
  operation: string,
  call: HttpCall<Path, Query, Body>,
  answer: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const { services, principal, path, query, body, key, remainingMs } = call;
  if (key === null) return answer();
  const scope = [operation, principal.source, principal.subject];
  let now: Allowed | undefined;
  const kept = await services.idempotency.once<Kept>(
    { scope, key, payload: { path, query, body }, remainingMs },
    async () => {
      // Before anything is done: a call that took effect must not fail, and free its key, for want of this.
      now = await accessOf(call);
      return { answer: await answer(), access: now };
    },
  );
  now ??= await accessOf(call);
  if (!isAtLeast(now, kept.access)) throw new AppError('not-allowed', { detail: CHANGED });
  return kept.answer;
}

/** The database is asked only where a rule says so: on a connection that is closed before the call's own is opened. */
async function accessOf<Query, Body>({
  services,
  principal,
  path: { target },
}: HttpCall<{ readonly target: string }, Query, Body>): Promise<Allowed> {
  const { access } = services.config;
  if (!mayUseTarget(access, principal, target)) throw new AppError('target-not-found');
  const held = await resolveAccess(access, principal, target, (users) =>
    onTarget(services, { target }, (database) => database.privilegesOf(users)),
  );
  return { process: held.process, super: held.super, users: held.users, fullStatements: held.fullStatements };
}

/** True where what was allowed then is allowed now. */
const isAtLeast = (now: Allowed, then: Allowed): boolean =>
  (now.process || !then.process) &&
  (now.super || !then.super) &&
  (now.fullStatements || !then.fullStatements) &&
  then.users.every((user) => now.users.includes(user));
