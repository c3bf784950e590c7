import { describe, expect, it } from 'vitest';
import { createApi } from '../../../../local/cli/api/api.ts';
import { type SessionsOptions, sessions } from '../../../../local/cli/commands/sessions.ts';

const ALL = 2_413;
const session = (at: number) => ({
  ...{
    id: String(at + 1),
    user: 'app',
    host: null,
    db: null,
    command: 'Sleep',
    time: at % 7 === 3 ? null : (at * 37) % 1_001,
    state: null,
    tag: `tag${at}`,
  },
  ...{ statement: null, transaction: null, protected: false, warden: at === 1, tenant: null, proxySessionId: null },
  ...{ proxy: null, observers: null, unknown: [] },
});

/** An API with so many sessions, in pages of at most a thousand, and what it was asked. */
function anApi() {
  const asked: Record<string, string>[] = [];
  const api = createApi({
    target: 'local',
    base: 'http://warden.invalid',
    fetch: async ({ url }) => {
      const query = Object.fromEntries(new URL(url).searchParams);
      asked.push(query);
      const { cursor = '0', limit = '100' } = query;
      const [from, to] = [Number(cursor), Math.min(ALL, Number(cursor) + Math.min(1_000, Number(limit)))];
      const page = Array.from({ length: to - from }, (_, at) => session(from + at));
      const next = to < ALL ? String(to) : null;
      return Response.json({ sessions: page, total: ALL, next, undecided: 0 });
    },
    close: () => {},
  });
  return { api, asked };
}

async function listed(options: Partial<SessionsOptions>) {
  const { api, asked } = anApi();
  let stdout = '';
  const out = {
    write: (text: string) => {
      stdout += text;
    },
  };
  const world = { env: {}, stdout: out, stderr: out, stdin: process.stdin, sleep: async () => {} };
  const code = await sessions({ world, api, options: { sort: 'id', limit: '1000', ...options } });
  return { code, stdout, asked };
}

describe('warden sessions', () => {
  it('fetches all pages up to its limit, hides our own, and always says how many there are', async () => {
    const { stdout, asked } = await listed({ limit: '1500' });
    expect(asked.map(({ cursor, limit }) => [cursor, limit])).toEqual([
      [undefined, '1000'],
      ['1000', '500'],
    ]);
    // A title, the rows but for our own, a blank line and the sum.
    expect(stdout.trimEnd().split('\n')).toHaveLength(1 + 1_499 + 2);
    expect(stdout).toMatch(/\nshowing 1,499 of 2,412 sessions\n$/);
    expect((await listed({ limit: '3000', own: true })).stdout).toMatch(/\n2,413 sessions\n$/);
  });

  it.each(['time', '-time'] as const)(
    'puts more than a page in the order %s here, since the API has one page of it',
    async (sort) => {
      const { stdout, asked } = await listed({ sort, limit: '1200', json: true });
      expect(asked.map(({ sort, limit }) => [sort, limit])).toEqual(Array(3).fill(['id', '1000']));
      const found = JSON.parse(stdout).sessions.map(({ time }: { time: number | null }) => time ?? Infinity);
      expect(found).toHaveLength(1_200);
      expect(found).toEqual(found.toSorted((a: number, b: number) => (a === b ? 0 : sort === 'time' ? a - b : b - a)));
      expect((await listed({ sort })).asked.map(({ sort, limit }) => [sort, limit])).toEqual([[sort, '1000']]);
    },
  );

  it('prints one answer of several pages, and that of one as it came', async () => {
    const many = JSON.parse((await listed({ limit: '3000', json: true })).stdout);
    expect(many).toMatchObject({ total: ALL, next: null, undecided: 0 });
    expect(many.sessions).toHaveLength(ALL);
    const one = JSON.parse((await listed({ limit: '2', json: true })).stdout);
    expect(one).toEqual({ sessions: [session(0), session(1)], total: ALL, next: '2', undecided: 0 });
  });

  it('reads durations, and says what to write for what is none', async () => {
    const { asked } = await listed({ idle: '5m', minTime: '2h', inTransaction: false, blocking: true });
    expect(asked[0]).toMatchObject({
      idleFor: '300',
      minTime: '7200',
      inTransaction: 'false',
      blocking: 'true',
    });
    await expect(listed({ idle: '5' })).rejects.toThrow('--idle: write a duration with its unit');
    await expect(listed({ limit: '0' })).rejects.toThrow('--limit: write a whole number from 1');
    await expect(listed({ watch: true, json: true })).rejects.toThrow('do not go together');
  });
});
