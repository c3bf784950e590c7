import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killSession } from '../../lib/sessions/kill/kill.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { Client, list, OPERATOR, seen, servicesFor } from './a-server.ts';
import { engines } from './engines.ts';

const READERS = 8;
const ROUNDS = 40;
// Others read a row for as long as it takes to copy its statement.
const LONG = 'x'.repeat(60_000);

// While others read a session MariaDB lists it as Busy, without its database and statement.
describe.each(engines.filter(({ name }) => name === 'mariadb'))('others reading the list of $name', ({ url = '' }) => {
  let isOver = false;
  let seenInPart = 0;
  let readers: readonly Promise<void>[] = [];

  async function readOn(): Promise<void> {
    const connection = await createConnection(url);
    while (!isOver) {
      const [rows] = await connection.query<RowDataPacket[]>(
        'SELECT COMMAND, INFO FROM information_schema.processlist',
      );
      seenInPart += rows.filter(({ COMMAND }) => COMMAND === 'Busy').length;
    }
    await connection.end();
  }

  beforeAll(() => {
    if (url) readers = Array.from({ length: READERS }, readOn);
  });
  afterAll(async () => {
    isOver = true;
    await Promise.all(readers);
  });

  it.skipIf(!url)('make no list leave a statement out', async () => {
    const client = await Client.open(url);
    const running = client.run(`SELECT SLEEP(60), '${LONG}'`);
    const services = servicesFor(url);
    await seen(services, client.id, ({ statement }) => statement !== null);
    for (let round = 0; round < ROUNDS; round++) {
      const [found] = (await list(services)).filter(({ id }) => id === client.id);
      expect(found).toMatchObject({ command: 'Query', statement: { tag: expect.any(String) } });
    }
    client.close();
    await running;
  });

  it.skipIf(!url)('make no kill call a statement changed, or none, that runs on', async () => {
    const client = await Client.open(url);
    const services = servicesFor(url);
    const outcomes: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const running = client.run(`SELECT SLEEP(60), ${round}, '${LONG}'`);
      const { statement } = await seen(services, client.id, (view) => view.statement !== null);
      const { outcome } = await killSession(services, {
        principal: OPERATOR,
        target: 'local',
        id: sessionId(client.id),
        kind: 'query',
        tag: statement?.tag ?? null,
        reason: null,
        correlationId: `round-${round}`,
        escalateAfter: null,
      });
      outcomes.push(outcome);
      expect(await running).not.toBe(-1);
    }
    client.close();
    expect(new Set(outcomes)).toEqual(new Set(['query-cancelled']));
    expect(seenInPart).toBeGreaterThan(0);
  });
});
