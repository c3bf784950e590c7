import { readFileSync } from 'node:fs';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { engines } from '../engines/engines.ts';
import { benchServer } from './bench-server.ts';
import { growthChart } from './chart.ts';
import type { Figure, Measured } from './figures.ts';
import { GROWING } from './growth.ts';
import { besideIdle } from './idle-sessions.ts';
import { magnifyingDoor } from './magnifying-door.ts';
import { type Amounts, type Found, ON_SERVERS, ON_THEIR_OWN } from './parts.ts';
import { between, keptResults, merge, ratiosTable } from './results.ts';

const TINY: Amounts = {
  pairs: 1,
  listPairs: 1,
  victims: 20,
  sessions: 20,
  match: { sessions: 50, rules: 2 },
  growth: { real: [40], magnified: [{ sessions: 400, statement: 0 }], rounds: 1 },
  coldStart: { rounds: 1, isShort: true },
};
// The one that starts fastest. Where it is missing there is another.
const engine = engines.find(({ name, url }) => name === 'mariadb' && url) ?? engines.find(({ url }) => url);

function expectFigures({ figures = [] }: Found): void {
  expect(figures).not.toEqual([]);
  for (const { ours, theirs, peer } of figures) {
    expect(peer).not.toBe('');
    expect(ours.length).toBeGreaterThan(0);
    expect(theirs).toHaveLength(ours.length);
    for (const ms of [...ours, ...theirs]) expect(ms).toBeGreaterThan(0);
  }
}

describe.skipIf(engine === undefined)('the bench on a server', () => {
  const url = engine?.url ?? '';
  const server = engine && benchServer({ ...engine, stop: async () => {} }, url);

  it.each(['reap', 'list'])('measures %s beside its peer', async (part) => {
    if (server === undefined) throw new Error('no server');
    expectFigures((await ON_SERVERS[part]?.(await server, TINY)) ?? {});
  });

  it('measures growth, every look at every size', async () => {
    if (server === undefined) throw new Error('no server');
    const { growth = [] } = (await ON_SERVERS['growth']?.(await server, TINY)) ?? {};
    expect(growth).toHaveLength(2 * Object.keys(GROWING).length);
    for (const { ms, bytes } of growth) {
      expect(ms).toHaveLength(1);
      expect(bytes).toBeGreaterThan(1_000_000);
    }
    const chart = growthChart(growth);
    expect(chart).not.toContain('NaN');
    // A line in each of the two panels.
    expect(chart.match(/<polyline/g)).toHaveLength(2 * Object.keys(GROWING).length);
  });

  it('shows more sessions through the door than there are, each with an ID of its own, and ours among them', async () => {
    const port = Number(new URL(url).port);
    await besideIdle(url, 40, async () => {
      const door = await magnifyingDoor(port, { real: 40, sessions: 160, statement: 100 });
      const connection = await createConnection({
        uri: Object.assign(new URL(url), { port: `${door.port}` }).href,
        multipleStatements: true,
      });
      try {
        const [[before, rows, after]] = await connection.query<RowDataPacket[][]>(
          'SELECT 1 AS one; SHOW FULL PROCESSLIST; SELECT CONNECTION_ID() AS id',
        );
        expect(before).toEqual([{ one: 1 }]);
        const ids = (rows ?? []).map(({ Id }) => Number(Id));
        expect(new Set(ids).size).toBe(160);
        expect(ids).toContain(Number(after?.[0]?.['id']));
        const running = (rows ?? []).filter(({ Info }) => String(Info).startsWith('SELECT aaa'));
        expect(running.length).toBeGreaterThan(50);
        for (const { Info, Command } of running) expect([Info.length, Command]).toEqual([100, 'Query']);
      } finally {
        connection.destroy();
        await door.close();
      }
    });
  });
});

it.each(Object.keys(ON_THEIR_OWN))('the bench measures %s beside its peer', async (part) => {
  expectFigures((await ON_THEIR_OWN[part]?.(TINY)) ?? {});
});

describe('what the bench keeps', () => {
  const measured: Measured = { what: 'w', server: 'MySQL 9', peer: 'p', ours: [1], theirs: [2], aim: null };
  const figure: Figure = { ...measured, part: 'reap', day: '2026-01-01', machine: 'm' };

  it('is what docs/performance.md shows', () => {
    const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
    expect(between(page, 'ratios', ratiosTable(keptResults()))).toBe(page);
  });

  it('is replaced where it was measured again, on a newer server too, and nowhere else', () => {
    const other = { ...figure, server: 'MariaDB 11' };
    const newer = { ...figure, server: 'MySQL 10', ours: [3], day: '2026-02-02' };
    const { figures } = merge({ figures: [figure, other], growth: [] }, { figures: [newer], growth: [] });
    expect(figures).toEqual([newer, other]);
  });
});
