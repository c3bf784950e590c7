import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { NO_CALLER } from '../../../../lib/privileges/principal.ts';
import { memoryKillCounter } from '../../../../lib/sessions/kill/kill-limit.ts';
import { memoryReplayStore } from '../../../../lib/state/replay-store.ts';
import { memoryRequestStore } from '../../../../lib/state/request-store.ts';
import { memoryWarningStore } from '../../../../lib/state/warning-store.ts';
import { IS_OPEN } from '../../../../local/stores/audit-schema.ts';
import { type LocalStores, openAuditStore } from '../../../../local/stores/audit-store.ts';
import { anIntent, NOTHING, TERMINATED } from '../../../contract/an-intent.ts';
import { auditStoreContract } from '../../../contract/audit-store.contract.ts';
import { chatStoresContract } from '../../../contract/chat-stores.contract.ts';
import { killCounterContract } from '../../../contract/kill-counter.contract.ts';
import { stopStoreContract } from '../../../contract/stop-store.contract.ts';
import { warningStoreContract } from '../../../contract/warning-store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'warden-audit-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newFile = () => join(folder, `${++files}`, 'audit.db');
const modeOf = (path: string) => statSync(path).mode & 0o777;

auditStoreContract('SQLite', async () => {
  const store = openAuditStore(newFile());
  return { store, close: () => store.close() };
});

stopStoreContract('SQLite', async () => openAuditStore(newFile()).stops);

it('has stopped all where the file cannot be read', async () => {
  const store = openAuditStore(newFile());
  store.close();
  await expect(store.stops.read()).rejects.toMatchObject({ code: 'state-unavailable' });
});

/** Another process's program: opens the store of `file`, with `anIntent` at hand, and runs the code. */
const program = (file: string, code: string) => [
  '--no-warnings',
  '--input-type=module',
  '-e',
  `const { openAuditStore } = await import(${JSON.stringify(new URL('../../../../local/stores/audit-store.ts', import.meta.url).href)});
   const anIntent = () => (${JSON.stringify(anIntent())});
   const store = openAuditStore(${JSON.stringify(file)});
   ${code}`,
];
const run = promisify(execFile);

describe('openAuditStore', () => {
  it('keeps an intent whose process is killed right after begin', async () => {
    const file = newFile();
    const child = spawn(
      process.execPath,
      program(file, `console.log(await store.begin(anIntent())); setInterval(() => {}, 1000);`),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [output] = await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = openAuditStore(file);

    const records = await store.list({ limit: 9 });

    expect(records).toMatchObject([{ ...anIntent(), id: String(output).trim(), outcome: null }]);
    await store.finish(String(output).trim(), TERMINATED);
    store.close();
  });

  it('is shared by processes that open and write it at once', async () => {
    const file = newFile();
    const code =
      'for (let i = 0; i < 50; i++) await store.finish(await store.begin(anIntent()), { outcome: "failed", proven: false, detail: null });';

    await Promise.all([1, 2, 3, 4].map(() => run(process.execPath, program(file, code))));

    const store = openAuditStore(file);
    const records = await store.list({ limit: 1_000 });
    store.close();
    expect(records).toHaveLength(200);
    expect(new Set(records.map(({ outcome }) => outcome))).toEqual(new Set(['failed']));
  });

  it('shows what another handle wrote, and takes one outcome from the two', async () => {
    const file = newFile();
    const [one, two] = [openAuditStore(file), openAuditStore(file)];
    const id = await one.begin(anIntent());
    await two.finish(id, TERMINATED);

    await expect(one.finish(id, TERMINATED)).rejects.toMatchObject({
      code: 'internal',
      detail: expect.stringContaining(id),
    });
    await expect(one.list({ limit: 1 })).resolves.toMatchObject([{ id, outcome: 'terminated' }]);

    one.close();
    two.close();
  });

  it('takes a file of an earlier version over, with its records, and follows a pending kill there too', async () => {
    const file = newFile();
    openAuditStore(file).close();
    const earlier = new DatabaseSync(file);
    const before = `id TEXT PRIMARY KEY, at TEXT NOT NULL, target TEXT NOT NULL, source TEXT NOT NULL, subject TEXT NOT NULL,
      kind TEXT NOT NULL, sessionId TEXT NOT NULL, sessionTag TEXT NOT NULL, statementTag TEXT, user TEXT, host TEXT,
      db TEXT, command TEXT NOT NULL, time REAL, statement TEXT, identity TEXT NOT NULL, reason TEXT, reaper TEXT,
      correlationId TEXT NOT NULL, outcome TEXT, proven INTEGER NOT NULL DEFAULT 0, detail TEXT, outcomeAt TEXT`;
    earlier.exec(`DROP TABLE audit; CREATE TABLE audit (${before}) STRICT; CREATE INDEX audit_target ON audit (target, id);
      CREATE INDEX audit_open ON audit (id) WHERE outcome IS NULL; PRAGMA user_version = 3;
      INSERT INTO audit (id, at, target, source, subject, kind, sessionId, sessionTag, command, identity, correlationId)
      VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', '2016-07-30T23:54:10.259Z', 'pay', 'jwt', 'ada', 'query', '7', 't', 'Query', 'exact', 'c')`);
    earlier.close();

    const stores = [openAuditStore(file), openAuditStore(file)] as const;
    stores[1].close();
    const [store] = stores;
    expect(await store.list({ limit: 9 })).toMatchObject([
      { sessionId: '7', command: 'Query', caller: NO_CALLER, approver: null, rule: null, count: null, outcome: null },
    ]);
    await store.finish('01ARZ3NDEKTSV4RRFFQ69G5FAV', TERMINATED);
    const id = await store.begin(anIntent(NOTHING));
    await store.finish(id, { outcome: 'pending', proven: false, detail: null });
    expect(await store.open({ before: '2999-01-01', limit: 9 })).toMatchObject([{ id, outcome: 'pending' }]);
    store.close();
    const now = new DatabaseSync(file);
    const query = now.prepare(`EXPLAIN QUERY PLAN SELECT id FROM audit WHERE ${IS_OPEN} ORDER BY id`);
    expect(JSON.stringify(query.all())).toContain('audit_open');
    now.close();
  });

  it('takes a file over that does not know agents yet, with its records', async () => {
    const file = newFile();
    const first = openAuditStore(file);
    await first.note(anIntent(), TERMINATED);
    first.close();
    const earlier = new DatabaseSync(file);
    earlier.exec('ALTER TABLE audit DROP COLUMN agent; PRAGMA user_version = 5;');
    earlier.close();
    const store = openAuditStore(file);
    await store.note(anIntent(), TERMINATED);
    expect((await store.list({ limit: 9 })).map(({ agent }) => agent)).toEqual(['claude-code/2.1', null]);
    store.close();
  });

  it('is for its owner only, also where the file was there before', () => {
    const file = newFile();
    const store = openAuditStore(file);
    expect([file, `${file}-wal`, `${file}-shm`].map(modeOf)).toEqual([0o600, 0o600, 0o600]);
    store.close();
    chmodSync(file, 0o644);

    openAuditStore(file).close();

    expect(modeOf(file)).toBe(0o600);
  });
});

const opened: LocalStores[] = [];
const open = (file = newFile()): LocalStores => {
  const stores = openAuditStore(file);
  opened.push(stores);
  return stores;
};
afterAll(() => {
  for (const stores of opened) stores.close();
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
    const file = newFile();
    const before = open(file);
    const warnings = memoryWarningStore(() => 1_000, before.kept('warning'));
    await warnings.ask('shop#idle#tag', round, undefined, 60);
    await warnings.told('shop#idle#tag', 1_000, 2_000);
    before.close();
    const after = memoryWarningStore(() => 30_000, open(file).kept('warning'));
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
