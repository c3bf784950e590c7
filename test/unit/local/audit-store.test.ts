import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { IS_OPEN } from '../../../local/audit-schema.ts';
import { openAuditStore } from '../../../local/audit-store.ts';
import { anIntent, TERMINATED } from '../../contract/an-intent.ts';
import { auditStoreContract } from '../../contract/audit-store.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'warden-audit-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newFile = () => join(folder, `${++files}`, 'audit.db');
const modeOf = (path: string) => statSync(path).mode & 0o777;

auditStoreContract('SQLite', async () => {
  const store = openAuditStore(newFile());
  return { store, close: () => store.close() };
});

/** Another process's program: opens the store of `file`, with `anIntent` at hand, and runs the code. */
const program = (file: string, code: string) => [
  '--no-warnings',
  '--input-type=module',
  '-e',
  `const { openAuditStore } = await import(${JSON.stringify(new URL('../../../local/audit-store.ts', import.meta.url).href)});
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

  it('follows a pending kill in a file of an earlier version too', async () => {
    const file = newFile();
    openAuditStore(file).close();
    const earlier = new DatabaseSync(file);
    earlier.exec(
      'DROP INDEX audit_open; CREATE INDEX audit_open ON audit (id) WHERE outcome IS NULL; PRAGMA user_version = 3',
    );
    earlier.close();

    const store = openAuditStore(file);
    const id = await store.begin(anIntent());
    await store.finish(id, { outcome: 'pending', proven: false, detail: null });
    expect(await store.open({ before: '2999-01-01', limit: 9 })).toMatchObject([{ id, outcome: 'pending' }]);
    store.close();
    const now = new DatabaseSync(file);
    const query = now.prepare(`EXPLAIN QUERY PLAN SELECT id FROM audit WHERE ${IS_OPEN} ORDER BY id`);
    expect(JSON.stringify(query.all())).toContain('audit_open');
    now.close();
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
