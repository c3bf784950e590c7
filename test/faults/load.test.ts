import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { openIdleSessions } from '../bench/idle-sessions.ts';
import { Client, urlAs } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { crowdOfRequests, send } from './crowd-of-requests.ts';
import { writeFigures } from './figures.ts';
import { startGateway } from './gateway-process.ts';

const SESSIONS = 3_000;
const AT_ONCE = 300;
const SECONDS = process.env['FAULTS_FULL'] ? 60 : 10;
/** What `limits.connectionsPerTarget` is by default. */
const CONNECTIONS = 4;
const MIB = 2 ** 20;
/** Once it is warm it may hold this much more at the end: garbage that waits to be collected, and no pile. */
const GROWTH = 200 * MIB;

describe.each(engines)(`${AT_ONCE} requests at once, at ${SESSIONS} sessions of $name`, ({ name, url = '' }) => {
  it.skipIf(!url)(
    'hold few connections and little memory, are served or told when to come back, and keep no kill waiting',
    async () => {
      const root = await Client.open(url);
      for (const user of ['warden_load', 'warden_idle'])
        await root.connection.query(`CREATE USER IF NOT EXISTS ${user}`);
      await root.connection.query('GRANT ALL ON *.* TO warden_load');
      // A server lists one that has taken its leave for a moment yet, as `Quit`.
      const count = async (leaving = ''): Promise<number> => {
        const [rows] = await root.connection.query<RowDataPacket[]>(
          `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE USER = 'warden_load' AND COMMAND <> '${leaving}'`,
        );
        return Number(rows[0]?.['n']);
      };
      const idle = await openIdleSessions(urlAs(url, 'warden_idle', ''), SESSIONS, url);
      const gateway = await startGateway(urlAs(url, 'warden_load', ''));
      const end = Date.now() + SECONDS * 1000;
      const isOver = () => Date.now() > end;
      const seen = { most: 0, warm: 0, last: 0 };
      const kills: number[] = [];
      const watch = async (): Promise<void> => {
        while (!isOver()) {
          seen.most = Math.max(seen.most, await count('Quit'));
          if (Date.now() > end - SECONDS * 700) seen.warm ||= gateway.memory();
          await sleep(50);
        }
        seen.last = gateway.memory();
      };
      const onCall = async (): Promise<void> => {
        const agent = new Agent({ keepAlive: true });
        while (!isOver()) {
          const victim = await Client.open(urlAs(url, 'warden_idle', ''));
          victim.connection.on('error', () => {});
          const { status } = await send(agent, gateway.port, 'DELETE', `/targets/local/sessions/${victim.id}`);
          kills.push(status === 200 && !(await victim.isAlive()) ? 200 : status || 1);
          victim.close();
          await sleep(200);
        }
        agent.destroy();
      };
      try {
        const [answers] = await Promise.all([crowdOfRequests(gateway.port, AT_ONCE, isOver), watch(), onCall()]);
        for (let round = 0; round < 1_200 && (await count()) > 0; round++) await sleep(50);
        const left = await count();
        const wrong = answers.wrong + kills.filter((status) => status !== 200).length;
        const tried = [...answers.counts.values()].reduce((sum, n) => sum + n, kills.length);
        const statuses = [...answers.counts].sort().map(([status, n]) => `${n} × ${status}`);
        const memory = [seen.warm, seen.last].map((bytes) => Math.round(bytes / MIB)).join(' → ');
        const note = `${SECONDS} s: ${statuses.join(', ')}; ${kills.length} kills among them; at most ${seen.most} connections; ${memory} MiB`;
        writeFigures({ name: `Load, ${name}`, tried, wrong, lost: null, left, findings: null, note });
        expect({ wrong, left, kills: kills.filter((status) => status !== 200) }).toEqual({
          wrong: 0,
          left: 0,
          kills: [],
        });
        expect(kills.length).toBeGreaterThan(0);
        expect(answers.counts.get(200)).toBeGreaterThan(0);
        expect(seen.most).toBeLessThanOrEqual(CONNECTIONS);
        expect(seen.last).toBeLessThan(seen.warm + GROWTH);
      } finally {
        await gateway.stop();
        await idle.close();
        await sleep(300);
        for (const user of ['warden_load', 'warden_idle']) await root.connection.query(`DROP USER ${user}`);
        root.close();
      }
    },
  );
});
