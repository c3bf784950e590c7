import { describe, expect, it } from 'vitest';
import { createApi } from '../../../../local/cli/api/api.ts';
import { followPending } from '../../../../local/cli/commands/kill.ts';

interface Answer {
  readonly status: number;
  readonly body: object;
}

const session = (over: Record<string, unknown> = {}): Answer => ({
  status: 200,
  body: {
    ...{ id: '42', user: 'app', host: null, db: null, command: 'Killed', time: 1, state: null, tag: 's' },
    ...{ statement: { text: 'x', tag: 's.q' }, transaction: null, protected: false, warden: false, tenant: null },
    ...{ proxySessionId: null, proxy: null, observers: null, unknown: [], locks: null },
    ...over,
  },
});
const gone: Answer = { status: 404, body: { code: 'session-not-found' } };
const busy: Answer = { status: 429, body: { code: 'too-many-requests' } };

/** A server that answers so, one look after the other; the last for ever. */
function follow(kind: 'connection' | 'query', tag: string | null, ...answers: readonly [Answer, ...Answer[]]) {
  const left = [...answers];
  let looks = 0;
  const api = createApi({
    target: 'local',
    base: 'http://warden.invalid',
    fetch: async () => {
      looks++;
      const { status, body } = (left.length > 1 ? left.shift() : left[0]) ?? gone;
      return Response.json(body, { status });
    },
    close: () => {},
  });
  const stream = { write: () => {} };
  const world = { env: {}, stdout: stream, stderr: stream, stdin: process.stdin, sleep: async () => {} };
  return followPending({ world, api, options: {} }, { id: '42', kind, tag }).then((end) => ({ end, looks }));
}

describe('a pending kill', () => {
  it('is followed until the session is gone, or another has its ID', async () => {
    expect(await follow('connection', 's', session(), session(), gone)).toEqual({
      end: 'the session is gone',
      looks: 3,
    });
    expect(await follow('connection', 's', session({ tag: 'other' }))).toEqual({
      end: 'the session is gone',
      looks: 1,
    });
  });

  it('is followed until the statement has ended, or another runs', async () => {
    const end = 'the statement has ended';
    expect(await follow('query', null, session(), session({ statement: null }))).toEqual({ end, looks: 2 });
    const other = session({ statement: { text: 'y', tag: 's.other' } });
    expect(await follow('query', 's.q', session(), other)).toEqual({ end, looks: 2 });
  });

  it('is given up after ten looks, of which one that says nothing is no end', async () => {
    expect(await follow('connection', 's', busy, session())).toEqual({ end: undefined, looks: 10 });
    expect(await follow('connection', null, session())).toEqual({ end: undefined, looks: 10 });
  });
});
