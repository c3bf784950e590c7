import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/plan-reaps.ts';
import { services as loadServices } from '../../functions/wiring/deployed-services.ts';
import { plannerServices } from '../../functions/wiring/planner-services.ts';
import type { AuditRecord } from '../../lib/audit/audit.ts';
import { sweepAudit } from '../../lib/audit/sweep.ts';
import { parseReapOrder } from '../../lib/fleet/reap-order.ts';
import { startDynamoDbLocal } from '../aws/dynamodb-local.ts';
import { startElasticMq } from '../aws/elasticmq.ts';
import { startMoto } from '../aws/moto.ts';
import { engines } from './engines.ts';
import { deployFleet } from './fleet/cloud.ts';
import { gatherIll } from './fleet/ill-targets.ts';
import { mostAtOnce, readJournal } from './fleet/journal.ts';
import { type FleetTarget, gatherHealthy, type Idle, openIdle } from './fleet/targets.ts';
import { findMariaDb } from './mysql-servers.ts';

/** Each rule is for its target's own user: the kernel shows every account every session, and others use these servers too. */
const configFor = (targets: readonly FleetTarget[]) => `reapers:
${targets
  .map(
    ({ name }, place) =>
      `  - { name: idle-${place}, every: 1h, targets: [${name}], kill: connection, match: { user: ${name}, idle: 1s }, victims: all, mode: enforce }`,
  )
  .join('\n')}
timeouts: { connect: 2, statement: 3, overall: 4 }
`;
const HOUR = 3_600_000;
const names = engines.flatMap(({ name, url }) => (url ? name : [])).join(', ');
const urls = engines.flatMap(({ url }) => url ?? []);
const [{ moto, skipped: noMoto }, { dynamodb, skipped: noDynamo }, { elasticMq, skipped: noQueue }] = await Promise.all(
  [startMoto(), startDynamoDbLocal(), startElasticMq()],
);
// Two of the targets need servers of their own, which fill up and crash.
const noServer = await findMariaDb().then(
  () => undefined,
  (error: unknown) => String(error),
);
const why = urls.length === 0 ? 'no engine' : (noServer ?? noMoto ?? noDynamo ?? noQueue);
const folder = mkdtempSync(join(tmpdir(), 'warden-fleet-'));
const undo: (() => unknown)[] = [];
afterEach(async () => {
  const failures: unknown[] = [];
  // One that fails must not keep a server from getting its settings back.
  for (const step of undo.splice(0).reverse()) await (async () => step())().catch((error) => failures.push(error));
  if (failures.length > 0) throw failures[0];
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all([moto?.stop(), dynamodb?.stop(), elasticMq?.stop()]);
});

async function until(what: string, isSo: () => boolean | Promise<boolean>, seconds = 300): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) if (await isSo()) return;
  throw new Error(`it never came about: ${what}`);
}

describe.skipIf(why !== undefined)(
  `a fleet of 60 targets on ${names}, ten of them ill${why ? ` - skipped: ${why}` : ''}`,
  () => {
    it('ends every idle session once, with doubled and late messages and a worker that dies', async () => {
      if (!moto || !dynamodb || !elasticMq) throw new Error('unreachable');
      const healthy = await gatherHealthy(urls, 50, undo);
      const ill = await gatherIll(urls, undo);
      const config = join(folder, 'warden.yaml');
      writeFileSync(config, configFor([...healthy, ...ill.targets]));
      const cloud = await deployFleet(moto.endpoint, elasticMq.endpoint, dynamodb, config, [
        ...healthy,
        ...ill.targets,
      ]);
      undo.push(() => cloud.stop());
      for (const [name, value] of Object.entries(cloud.env)) vi.stubEnv(name, value);
      undo.push(() => vi.unstubAllEnvs());

      const handler = createHandler(plannerServices);
      /** Tried again where it fails, as the schedule does; sending all again does no harm. */
      const plan = async (event: unknown, tries = 30): Promise<unknown> =>
        handler(event).catch(async (error: unknown) => {
          if (tries === 1) throw error;
          await sleep(500);
          return plan(event, tries - 1);
        });
      // Rounds of hours to come: none gets late while the test runs.
      const round = Math.ceil(Date.now() / HOUR) * HOUR;
      const eventAt = (time: number) => ({ time: new Date(time).toISOString() });
      const journalOf = (place: number) => join(folder, `worker-${place}`);
      const workers = [0, 1, 2].map((place) => cloud.startWorker(journalOf(place)));
      let diedAt = 0;
      const sessions: Idle[] = [];
      undo.push(() => {
        for (const { close } of sessions) close();
      });

      for (const [place, each] of [8, 7, 5].entries()) {
        sessions.push(...(await openIdle(healthy, each)));
        await sleep(2_100);
        await Promise.all([
          plan(eventAt(round + place * HOUR)),
          plan(eventAt(round + place * HOUR)),
          plan(eventAt(round - 5 * HOUR)),
        ]);
        if (place === 1) {
          const before = readJournal(journalOf(0)).length;
          await until('a worker is in the middle of a batch', () => readJournal(journalOf(0)).length > before + 3);
          workers[0]?.kill('SIGKILL');
          diedAt = Date.now();
          cloud.startWorker(journalOf(3));
        }
        await until('all idle sessions are ended', () => sessions.every(({ ends }) => ends > 0));
      }
      expect(sessions).toHaveLength(1_000);
      await until('the queue is empty', async () => (await cloud.left()) === 0);

      const services = await loadServices();
      await sweepAudit(services, { olderThan: -60 });
      const records: AuditRecord[] = [];
      for (let after: string | undefined; ; after = records.at(-1)?.id) {
        const page = await services.audit.list({ limit: 500, ...(after !== undefined && { after }) });
        records.push(...page);
        if (page.length < 500) break;
      }
      expect(records.filter(({ outcome }) => outcome === null)).toEqual([]);
      const nameOf = ({ target, id }: { readonly target: string; readonly id: string }) => `${target} ${id}`;
      const killed = records.filter(({ outcome }) => outcome === 'terminated');
      expect(new Set(killed.map((record) => nameOf({ ...record, id: String(record.sessionId) })))).toEqual(
        new Set(sessions.map(nameOf)),
      );
      // A dead worker's intent may stand beside the one of who did it again; a kill that was seen to work stands once.
      const seen = killed
        .filter(({ detail }) => detail === null)
        .map((record) => nameOf({ ...record, id: String(record.sessionId) }));
      expect(seen).toHaveLength(new Set(seen).size);
      expect(sessions.filter(({ ends }) => ends !== 1)).toEqual([]);
      expect(
        mostAtOnce(
          [0, 1, 2, 3].map((place) => ({ entries: readJournal(journalOf(place)), ...(place === 0 && { diedAt }) })),
        ),
      ).toBe(1);
      // A late message that the dead worker had in hand comes back as one that failed before, and goes there untried: rightly so.
      const dead = (await cloud.deadLetters()).map(parseReapOrder).filter(({ dueAt }) => Date.parse(dueAt) >= round);
      expect(new Set(dead.map(({ target }) => target))).toEqual(new Set(ill.targets.map(({ name }) => name)));
      for (const { name } of ill.targets)
        expect(new Set(dead.filter(({ target }) => target === name).map(({ planId }) => planId)).size).toBe(3);
      expect(ill.crashes()).toBeGreaterThanOrEqual(3);
      for (const holder of ill.holders) await holder.query('SELECT 1');
    }, 900_000);
  },
);
