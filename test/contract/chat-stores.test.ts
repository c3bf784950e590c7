import { describe } from 'vitest';
import { memoryReplayStore } from '../../lib/state/replay-store.ts';
import { memoryRequestStore } from '../../lib/state/request-store.ts';
import { chatStoresContract } from './chat-stores.contract.ts';

describe('chat stores in memory', () => {
  const clock = { ms: 0 };
  const now = () => clock.ms;
  chatStoresContract(async () => ({ replays: memoryReplayStore(now), requests: memoryRequestStore(now), clock }));
});
