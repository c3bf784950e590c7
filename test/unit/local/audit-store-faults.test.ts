import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionId } from '../../../lib/sessions/session.ts';
import { openAuditStore } from '../../../local/stores/audit-store.ts';
import { anIntent, TERMINATED } from '../../contract/an-intent.ts';

const folder = mkdtempSync(join(tmpdir(), 'warden-audit-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = () => join(folder, `${++files}`, 'audit.db');

const warn = vi.spyOn(process, 'emitWarning');
beforeEach(() => {
  warn.mockReset().mockImplementation(() => {});
});
afterAll(() => warn.mockRestore());

/** Runs as a user who owns nothing, where the tests run as root: root may write read-only files. */
const unprivileged = <T>(work: () => T): T => {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    return work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
};

describe('openAuditStore, when the file fails', () => {
  it('rejects with audit-unavailable while another holds the file', async () => {
    const file = newFile();
    const store = openAuditStore(file, 50);
    const id = await store.begin(anIntent());
    const other = new DatabaseSync(file);
    other.exec('BEGIN EXCLUSIVE');

    await expect(store.begin(anIntent())).rejects.toMatchObject({
      code: 'audit-unavailable',
      cause: expect.any(Error),
    });
    await expect(store.finish(id, TERMINATED)).rejects.toMatchObject({ code: 'audit-unavailable' });
    await expect(store.finishAll(new Map([[id, TERMINATED]]))).resolves.toEqual([id]);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('1 audit records stay open'));
    other.exec('ROLLBACK');
    await expect(store.finishAll(new Map([[id, TERMINATED]]))).resolves.toEqual([]);

    other.close();
    store.close();
  });

  it('writes all of many or none', async () => {
    const file = newFile();
    const store = openAuditStore(file);
    const other = new DatabaseSync(file);
    other.exec(
      `CREATE TRIGGER full BEFORE INSERT ON audit WHEN NEW.sessionId = '3' BEGIN SELECT RAISE(FAIL, 'full'); END`,
    );
    const intents = ['1', '2', '3', '4'].map((id) => anIntent({ sessionId: sessionId(id) }));

    await expect(store.beginAll(intents)).rejects.toMatchObject({ code: 'audit-unavailable' });

    await expect(store.list({ limit: 9 })).resolves.toEqual([]);
    await expect(store.begin(anIntent())).resolves.toEqual(expect.any(String));
    other.close();
    store.close();
  });

  it('rejects with audit-unavailable once closed, and closes twice', async () => {
    const store = openAuditStore(newFile());
    const id = await store.begin(anIntent());
    store.close();
    store.close();

    await expect(store.begin(anIntent())).rejects.toMatchObject({ code: 'audit-unavailable' });
    await expect(store.list({ limit: 1 })).rejects.toMatchObject({ code: 'audit-unavailable' });
    await expect(store.finishAll(new Map([[id, TERMINATED]]))).resolves.toEqual([id]);
  });

  it('does not open a file that it may not write', () => {
    const file = newFile();
    openAuditStore(file).close();
    chmodSync(folder, 0o755);
    chmodSync(join(file, '..'), 0o555);
    if (process.getuid?.() === 0) chownSync(file, 65_534, 65_534);
    chmodSync(file, 0o400);

    expect(() => unprivileged(() => openAuditStore(file))).toThrow(
      expect.objectContaining({ code: 'audit-unavailable', cause: expect.objectContaining({ code: 'EACCES' }) }),
    );

    chmodSync(join(file, '..'), 0o755);
  });

  it.each([
    ['no database', (file: string) => writeFileSync(file, 'x'.repeat(8_192))],
    ['a folder', (file: string) => mkdirSync(file)],
    [
      'of a later version',
      (file: string) => {
        const later = new DatabaseSync(file);
        later.exec('PRAGMA user_version = 99');
        later.close();
      },
    ],
  ])('does not open what is %s', (_case, make) => {
    const file = newFile();
    mkdirSync(join(file, '..'));
    make(file);

    expect(() => openAuditStore(file)).toThrow(expect.objectContaining({ code: 'audit-unavailable' }));
  });
});
