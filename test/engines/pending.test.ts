import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sweepAudit } from '../../lib/audit/sweep.ts';
import type { KillKind } from '../../lib/sessions/session.ts';
import { Client, isRunning, kill, seen, servicesFor } from './a-server.ts';
import { engines } from './engines.ts';

const INSERT = `INSERT INTO warden_big.big (v)
  SELECT CONCAT(UUID(), REPEAT('x', 100)) FROM warden_big.few a, warden_big.few b, warden_big.few c`;

// A rollback takes about as long as what it undoes, and we look for two seconds. How long exactly is the machine's own affair: one
// that rolls back quicker than we look leaves nothing pending, and then the record must say what the answer said. The simulation
// holds a rollback for hours.
const WORKED_MS = [2_500, 5_000, 10_000];

// The kernel ends a session before it has rolled back.
describe.each(engines.filter(({ name }) => name !== 'oceanbase'))('a long rollback on $name', ({ url = '' }) => {
  let root: Client;
  let client: Client;
  beforeEach(async () => {
    if (!url) return;
    [root, client] = [await Client.open(url), await Client.open(url)];
    await root.connection.query('CREATE DATABASE warden_big');
    await root.connection.query(
      'CREATE TABLE warden_big.big (id INT AUTO_INCREMENT PRIMARY KEY, v CHAR(200), KEY (v))',
    );
    await root.connection.query('CREATE TABLE warden_big.few SELECT ID FROM information_schema.COLLATIONS LIMIT 200');
    await client.connection.query('BEGIN');
  });
  afterEach(async () => {
    if (!url) return;
    client.close();
    await root.connection.query('DROP DATABASE warden_big');
    root.close();
  });

  /** Kills what the client does; where the server was still rolling back then, sweeps until that is over. */
  async function pendingUntil(kind: KillKind, end: string): Promise<boolean> {
    const services = servicesFor(url);
    const { outcome } = await kill(services, client.id, kind);
    // A statement that had ended before was not killed, and has no record.
    const recorded = services.audit.records.map((record) => record.outcome);
    expect(recorded).toEqual(outcome === 'nothing-running' ? [] : [outcome]);
    if (outcome !== 'pending') return false;
    expect(services.audit.records).toMatchObject([{ kind, outcome, proven: false, outcomeAt: expect.any(String) }]);
    for (;;) {
      const { closed, open } = await sweepAudit(services);
      expect(open).toBe(0);
      const [record] = services.audit.records;
      if (record?.outcome !== 'pending') {
        expect(closed).toEqual({ [end]: 1 });
        expect(record).toMatchObject({ kind, outcome: end, detail: expect.stringMatching(/^sweep/) });
        return true;
      }
      expect(closed).toEqual({});
      await sleep(100);
    }
  }

  it.skipIf(!url)('leaves the record of an ended session pending until the sweep sees it gone', async () => {
    for (const milliseconds of WORKED_MS) {
      for (const end = performance.now() + milliseconds; performance.now() < end; )
        await client.connection.query(`${INSERT} LIMIT 10000`);
      if (await pendingUntil('connection', 'terminated')) return;
      client.close();
      client = await Client.open(url);
      await client.connection.query('BEGIN');
    }
  });

  it.skipIf(!url)('leaves the record of a cut statement pending until the sweep sees it ended', async () => {
    for (const milliseconds of WORKED_MS) {
      const running = client.run(INSERT);
      await seen(servicesFor(url), client.id, isRunning);
      await sleep(milliseconds);
      const isDone = await pendingUntil('query', 'query-cancelled');
      await running;
      if (isDone) return;
    }
  });
});
