import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sweepAudit } from '../../lib/audit/sweep.ts';
import { openAuditStore } from '../../local/stores/audit-store.ts';
import { Client, kill, servicesFor } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { writeFigures } from './figures.ts';

const figures = { tried: 0, wrong: 0, lost: 0 };

/** A small disk of its own. @throws Error where this machine lets nobody mount one */
function smallDisk() {
  const folder = mkdtempSync(join(tmpdir(), 'warden-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder], { stdio: 'pipe' });
  const filler = join(folder, 'filler');
  return {
    folder,
    fill: () => {
      for (const bytes of [65_536, 4_096, 1]) {
        try {
          for (;;) appendFileSync(filler, Buffer.alloc(bytes));
        } catch {
          // No room for as much any more.
        }
      }
    },
    free: () => rmSync(filler, { force: true }),
    end: () => {
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

const disk = (() => {
  try {
    return smallDisk();
  } catch (error) {
    return String(error).split('\n')[0] ?? '';
  }
})();
const reason = typeof disk === 'string' ? ` - skipped: no disk of its own: ${disk}` : '';
afterAll(() => {
  if (typeof disk !== 'string') disk.end();
  writeFigures({
    name: 'Full disk',
    ...figures,
    left: null,
    findings: null,
    note: 'the record of one machine on a disk that fills up',
  });
});

describe.each(engines)(`a full disk under the record, with $name${reason}`, ({ name, url = '' }) => {
  it.skipIf(!url || typeof disk === 'string')(
    'ends no one without an intent, and loses no outcome after the sweep',
    async () => {
      if (typeof disk === 'string') return;
      const victim = await Client.open(url);
      victim.connection.on('error', () => {});
      const store = openAuditStore(join(disk.folder, `${name}.sqlite`));
      const services = { ...servicesFor(url), audit: store };
      try {
        disk.fill();
        figures.tried++;
        const refused: unknown = await kill(services, victim.id, 'connection').catch((error: unknown) => error);
        if ((refused as { code?: string }).code !== 'audit-unavailable' || !(await victim.isAlive())) figures.wrong++;
        expect(refused).toMatchObject({ code: 'audit-unavailable', status: 503 });
        expect(await victim.isAlive()).toBe(true);

        disk.free();
        figures.tried++;
        const beginAll: typeof store.beginAll = async (intents) => {
          const ids = await store.beginAll(intents);
          disk.fill();
          return ids;
        };
        const answer = await kill({ ...services, audit: { ...store, beginAll } }, victim.id, 'connection');
        expect(answer).toMatchObject({ outcome: 'terminated', hint: expect.stringContaining('stays open') });
        expect(await victim.isAlive()).toBe(false);

        disk.free();
        await sweepAudit(services, { olderThan: -60 });
        const records = await store.list({ limit: 10 });
        if (records.length !== 1 || records[0]?.outcome !== 'terminated') figures.lost++;
        expect(records).toMatchObject([{ sessionId: victim.id, outcome: 'terminated', detail: 'sweep: session gone' }]);
      } finally {
        store.close();
        victim.close();
      }
    },
  );
});
