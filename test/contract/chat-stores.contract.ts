import { beforeEach, expect, it } from 'vitest';
import { CLAIM_SECONDS, type ReplayStore } from '../../lib/state/replay-store.ts';
import type { ChatRequest, RequestStore } from '../../lib/state/request-store.ts';

/** The stores and a clock that the test moves. */
export interface ChatStores {
  readonly replays: ReplayStore;
  readonly requests: RequestStore;
  readonly clock: { ms: number };
}

// Of today, in whole seconds: a real store removes by its own clock what has expired.
const START = Math.ceil(Date.now() / 1000) * 1000;
const aRequest = (id: string, over: Partial<ChatRequest> = {}): ChatRequest => ({
  id,
  wanted: { do: 'kill', kind: 'query', target: 'local', id: '42', tag: 't' },
  about: '42 · app',
  requester: {
    source: 'slack',
    subject: 'eve',
    groups: ['asker'],
    claims: {},
    chat: { identities: ['T1/U1'], isMapped: true },
  },
  approvers: { group: 'dba' },
  auditId: null,
  reason: null,
  expiresAt: START + 60_000,
  state: 'open',
  decidedBy: null,
  ...over,
});

/** What every pair of stores promises. */
export function chatStoresContract(make: () => Promise<ChatStores>): void {
  let stores: ChatStores;
  let id: string;
  beforeEach(async () => {
    stores = await make();
    stores.clock.ms = START;
    id = crypto.randomUUID();
  });

  it('takes a key once while it is remembered, and again after', async () => {
    const { replays, clock } = stores;
    expect(await replays.putOnce(id, 900)).toBe(true);
    expect(await replays.putOnce(id, 900)).toBe(false);
    clock.ms += 901_000;
    expect(await replays.putOnce(id, 900)).toBe(true);
  });

  it('takes a key again that it was told to forget', async () => {
    const { replays } = stores;
    await replays.putOnce(id, 900);
    await replays.forget(id);
    expect(await replays.putOnce(id, 900)).toBe(true);
    expect(await replays.putOnce(id, 900)).toBe(false);
  });

  it('takes a key once of twenty at the same time', async () => {
    const taken = await Promise.all(Array.from({ length: 20 }, () => stores.replays.putOnce(id, 900)));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it('lets one of twenty claim a key, and is in flight for the others until it is confirmed', async () => {
    const { replays } = stores;
    const claims = await Promise.all(Array.from({ length: 20 }, () => replays.claim(id, 'hash')));
    expect(claims.filter((claim) => claim === 'new')).toHaveLength(1);
    expect(claims.filter((claim) => claim === 'in-flight')).toHaveLength(19);
    expect(await replays.claim(id, 'other')).toBe('reused');
    await replays.confirm(id, 900, 'hash');
    expect(await replays.claim(id, 'hash')).toBe('done');
    expect(await replays.claim(id, 'other')).toBe('reused');
  });

  it('remembers what is confirmed for as long as it was told, and a claim for less', async () => {
    const { replays, clock } = stores;
    await replays.claim(id, 'hash');
    clock.ms += (CLAIM_SECONDS + 1) * 1000;
    expect(await replays.claim(id, 'other')).toBe('new');
    await replays.confirm(id, 900, 'other');
    clock.ms += 899_000;
    expect(await replays.claim(id, 'other')).toBe('done');
    clock.ms += 2_000;
    expect(await replays.claim(id, 'hash')).toBe('new');
  });

  it('takes a claim again that it was told to forget, with any payload', async () => {
    const { replays } = stores;
    await replays.claim(id, 'hash');
    await replays.forget(id);
    expect(await replays.claim(id, 'other')).toBe('new');
  });

  it('gives back what it was given, and nothing for what it was not', async () => {
    const many = Array.from({ length: 30 }, (_, at) => aRequest(`${id}-${at}`));
    await stores.requests.putAll(many);
    expect(await stores.requests.get(`${id}-29`)).toEqual(many[29]);
    expect(await stores.requests.get(id)).toBeUndefined();
    await stores.requests.putAll([]);
  });

  it('lets one of twenty decide, and remembers who', async () => {
    await stores.requests.putAll([aRequest(id)]);
    const decisions = await Promise.all(
      Array.from({ length: 20 }, (_, at) => stores.requests.decide(id, at % 2 ? 'approved' : 'denied', `person${at}`)),
    );
    expect(decisions.filter(Boolean)).toHaveLength(1);
    const winner = decisions.indexOf(true);
    const state = winner % 2 ? 'approved' : 'denied';
    expect(await stores.requests.get(id)).toMatchObject({ state, decidedBy: `person${winner}` });
  });

  it('keeps what became of a request that was approved, and nothing of one that is not there', async () => {
    const results = [
      { id: '42', kind: 'query', outcome: null, proven: false, auditId: 'a', code: 'target-timeout' },
    ] as const;
    await stores.requests.putAll([aRequest(id)]);
    expect((await stores.requests.get(id))?.end).toBeUndefined();
    await stores.requests.decide(id, 'approved', 'ada');
    await stores.requests.finish(id, { results, code: null });
    await stores.requests.finish('nothing', { results, code: null });
    expect(await stores.requests.get(id)).toMatchObject({
      state: 'approved',
      decidedBy: 'ada',
      end: { results, code: null },
    });
    expect(await stores.requests.get('nothing')).toBeUndefined();
  });

  it('lets no one decide what has expired, or is not there', async () => {
    await stores.requests.putAll([aRequest(id)]);
    stores.clock.ms += 60_000;
    expect(await stores.requests.decide(id, 'approved', 'ada')).toBe(false);
    expect(await stores.requests.get(id)).toMatchObject({ state: 'open' });
    expect(await stores.requests.decide('nothing', 'approved', 'ada')).toBe(false);
    expect(await stores.requests.get('nothing')).toBeUndefined();
  });
}
