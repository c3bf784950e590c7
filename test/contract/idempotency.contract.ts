import { beforeEach, describe, expect, it } from 'vitest';
import type { Idempotency, OnceCall } from '../../lib/state/idempotency.ts';

/** What idempotency promises, over every store. `open` gives an empty one. */
export function idempotencyContract(name: string, open: () => Promise<Idempotency>): void {
  describe(`idempotency: ${name}`, () => {
    let idempotency: Idempotency;
    let effects = 0;
    beforeEach(async () => {
      idempotency = await open();
      effects = 0;
    });
    const call = (over: Partial<OnceCall> = {}): OnceCall => ({
      scope: ['kill-sessions', 'jwt', 'ada'],
      key: 'k1',
      payload: { kills: [{ id: '7' }] },
      remainingMs: () => 30_000,
      ...over,
    });
    const work = async () => ({ statusCode: 200, body: `effect ${++effects}`, headers: { a: 'b' } });

    it('gives the first answer to every later call, whatever the order of fields', async () => {
      const first = await idempotency.once(call({ payload: { a: 1, b: 2 } }), work);
      const second = await idempotency.once(call({ payload: { b: 2, a: 1 } }), work);

      expect(first).toEqual({ statusCode: 200, body: 'effect 1', headers: { a: 'b' } });
      expect(second).toEqual(first);
      expect(effects).toBe(1);
    });

    it('refuses another payload under the same key, and has no effect', async () => {
      await idempotency.once(call(), work);

      await expect(idempotency.once(call({ payload: { kills: [] } }), work)).rejects.toMatchObject({
        code: 'idempotency-key-reused',
      });
      expect(effects).toBe(1);
    });

    it('lets one of many at once do it, and tells the others that it is in flight', async () => {
      const gate = Promise.withResolvers<void>();
      const slow = () => gate.promise.then(work);
      const calls = Array.from({ length: 5 }, () => idempotency.once(call(), slow));
      const refused = await Promise.all(calls.map((one) => Promise.race([one.catch((error) => error.code), later()])));
      gate.resolve();

      const ends = await Promise.allSettled(calls);
      expect(refused.filter((code) => code === 'idempotency-in-flight')).toHaveLength(4);
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(effects).toBe(1);
    });

    it('binds a key to principal and operation', async () => {
      await idempotency.once(call(), work);
      await idempotency.once(call({ scope: ['kill-sessions', 'jwt', 'bob'] }), work);
      await idempotency.once(call({ scope: ['kill-sessions', 'iam', 'ada'] }), work);
      await idempotency.once(call({ scope: ['reap', 'jwt', 'ada'], payload: 'other' }), work);

      expect(effects).toBe(4);
    });

    it('leaves the key free when the work fails, and passes its error on', async () => {
      const fault = new Error('the target is down');

      await expect(idempotency.once(call(), () => Promise.reject(fault))).rejects.toBe(fault);
      await expect(idempotency.once(call(), work)).resolves.toMatchObject({ body: 'effect 1' });
    });

    it('frees the key of a call that died once its time is over', async () => {
      void idempotency.once(call({ remainingMs: () => 20 }), () => new Promise<never>(() => {}));
      await later();

      await expect(idempotency.once(call(), work)).resolves.toMatchObject({ body: 'effect 1' });
    });
  });
}

const later = () => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 300));
