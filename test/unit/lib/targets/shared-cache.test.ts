import { describe, expect, it } from 'vitest';
import { createSharedCache } from '../../../../lib/targets/secrets-manager.ts';

const setup = (isKept?: (value: string) => boolean) => {
  let time = 0;
  const fetches: string[] = [];
  const answers: (string | Error)[] = [];
  const cache = createSharedCache(
    async (key: string) => {
      fetches.push(key);
      const answer = answers.shift() ?? `${key}${fetches.length}`;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    { ttlSeconds: 10, now: () => time, ...(isKept && { isKept }) },
  );
  const pass = (ms: number) => {
    time += ms;
  };
  return { cache, fetches, answers, pass };
};

describe('createSharedCache', () => {
  it('shares one fetch, and keeps it for its life', async () => {
    const { cache, fetches, pass } = setup();

    const values = await Promise.all(Array.from({ length: 50 }, () => cache.get('a').value));
    expect(new Set(values)).toEqual(new Set(['a1']));
    pass(9_999);
    await expect(cache.get('a').value).resolves.toBe('a1');
    await expect(cache.get('b').value).resolves.toBe('b2');
    pass(1);
    await expect(cache.get('a').value).resolves.toBe('a3');

    expect(fetches).toEqual(['a', 'b', 'a']);
  });

  it('does not keep a failed fetch', async () => {
    const { cache, answers } = setup();
    answers.push(new Error('down'));

    await expect(Promise.allSettled([cache.get('a').value, cache.get('a').value])).resolves.toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ]);
    await expect(cache.get('a').value).resolves.toBe('a2');
  });

  it('shares and then drops what is not to be kept', async () => {
    const { cache, fetches, answers } = setup((value) => value !== 'none');
    answers.push('none');

    await expect(Promise.all([cache.get('a').value, cache.get('a').value])).resolves.toEqual(['none', 'none']);
    await expect(cache.get('a').value).resolves.toBe('a2');
    expect(fetches).toHaveLength(2);
  });

  it('fetches newer once for all who hold the same old one', async () => {
    const { cache, fetches } = setup();
    const old = cache.get('a');

    const newer = [1, 2, 3].map(() => cache.getNewer('a', old).value);

    await expect(Promise.all(newer)).resolves.toEqual(['a2', 'a2', 'a2']);
    await expect(cache.get('a').value).resolves.toBe('a2');
    expect(fetches).toHaveLength(2);
  });

  it('does not let a late failure drop its successor', async () => {
    const { cache, answers } = setup();
    answers.push(new Error('down'));
    const old = cache.get('a');
    const newer = cache.getNewer('a', old);

    await expect(old.value).rejects.toThrow('down');

    expect(cache.get('a')).toBe(newer);
  });
});
