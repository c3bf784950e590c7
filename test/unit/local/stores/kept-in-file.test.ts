import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { memoryKillCounter } from '../../../../lib/sessions/kill/kill-limit.ts';
import { memoryWarningStore } from '../../../../lib/state/memory-warning-store.ts';
import { memoryReplayStore } from '../../../../lib/state/replay-store.ts';
import { memoryRequestStore } from '../../../../lib/state/request-store.ts';
import { type LocalStores, openAuditStore } from '../../../../local/stores/audit-store.ts';
import { chatStoresContract } from '../../../contract/chat-stores.contract.ts';
import { killCounterContract } from '../../../contract/kill-counter.contract.ts';
import { warningStoreContract } from '../../../contract/warning-store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'warden-kept-'));
const opened: LocalStores[] = [];
const open = (name = String(opened.length)): LocalStores => {
  const stores = openAuditStore(join(folder, `${name}.sqlite`));
  opened.push(stores);
  return stores;
};
afterAll(() => {
  for (const stores of opened) stores.close();
  rmSync(folder, { recursive: true });
});

warningStoreContract('a file', async (now) => memoryWarningStore(now, open().kept('warning')));
killCounterContract('in a file', async () => memoryKillCounter(Date.now, open().kept('kills')));
describe('chat stores in a file', () => {
  const clock = { ms: 0 };
  const now = () => clock.ms;
  chatStoresContract(async () => {
    const stores = open();
    const replays = memoryReplayStore(now, stores.kept('replay'));
    return { replays, requests: memoryRequestStore(now, stores.kept('request')), clock };
  });
});

describe('what is kept in a file', () => {
  it('is there after a restart: who was warned stays warned, and what was kept stays kept', async () => {
    const round = { askedAt: 1_000, extensions: 0, keptBy: null };
    const before = open('restarted');
    const warnings = memoryWarningStore(() => 1_000, before.kept('warning'));
    await warnings.ask('shop#idle#tag', round, undefined, 60);
    await warnings.told('shop#idle#tag', 1_000, 2_000);
    before.close();
    const after = memoryWarningStore(() => 30_000, open('restarted').kept('warning'));
    expect((await after.read(['shop#idle#tag'])).get('shop#idle#tag')).toMatchObject({ askedAt: 1_000, toldAt: 2_000 });
    expect(await after.beginEnd('shop#idle#tag', 1_000)).toBe(true);
  });

  it('keeps kinds apart, and says so where the file cannot be used', async () => {
    const stores = open();
    stores.kept('one').set('name', 1);
    expect(stores.kept('other').get('name')).toBeUndefined();
    expect([...stores.kept('one')]).toEqual([['name', 1]]);
    stores.kept('one').delete('name');
    expect([...stores.kept('one')]).toEqual([]);
    stores.close();
    expect(() => stores.kept('one').get('name')).toThrow(expect.objectContaining({ code: 'state-unavailable' }));
  });
});
