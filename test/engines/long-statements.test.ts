import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../lib/config/config.ts';
import { reap } from '../../lib/reaper/reap.ts';
import { getSession } from '../../lib/sessions/get-session.ts';
import { listSessions } from '../../lib/sessions/list-sessions.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { Client, isRunning, kill, list, OPERATOR, seen, servicesFor } from './a-server.ts';
import { engines } from './engines.ts';

const READ = 4_096;
/** Longer than what a list reads, and shorter than what any server shows. */
const FILLING = 'é'.repeat(20_000);
// Two rows, since MySQL takes a cut SLEEP of one for done.
const SLEEPS = 'SLEEP(60), 4711 AS head';
const statementOf = (end: string): string =>
  `SELECT ${SLEEPS}, '${FILLING}', '${end}' AS tail_${end} FROM (SELECT 1 UNION ALL SELECT 2) r`;

const rule = (name: string, match: string) =>
  `  - { name: ${name}, targets: ['*'], kill: query, match: { info: ${match} }, victims: all }\n`;
const CONFIG = parseConfig(
  `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER], statements: full }]
reapers:
${rule('by-end', "'*tail_one*'")}${rule('by-another-end', "'*tail_other*'")}`,
  'test',
);

describe.each(engines)('statements longer than a list reads, on $name', ({ url = '' }) => {
  const clients: Client[] = [];
  const running: Promise<number>[] = [];
  const run = async (sql: string): Promise<Client> => {
    const client = await Client.open(url);
    clients.push(client);
    running.push(client.run(sql));
    return client;
  };
  afterEach(async () => {
    const services = servicesFor(url);
    for (const client of clients.splice(0)) {
      await kill(services, client.id, 'connection').catch(() => {});
      client.close();
    }
    await Promise.all(running.splice(0));
  });

  it.skipIf(!url)('a list has their beginning, one session the whole, and both the same tag', async () => {
    const services = servicesFor(url, CONFIG);
    const one = await run(statementOf('one'));
    const masked = await seen(services, one.id, isRunning);
    expect(masked.statement?.text).toMatch(/^SELECT SLEEP\(\?\).*…$/);
    const [full] = (await list(services, { full: true })).filter(({ id }) => id === one.id);
    expect(full?.statement?.text).toBe(`${statementOf('one').slice(0, READ)}…`);
    const detail = { principal: OPERATOR, target: 'local', id: sessionId(one.id) };
    const whole = await getSession(services, { ...detail, full: true });
    expect(whole.statement?.text).toBe(statementOf('one'));
    const tags = [masked, full, whole].map((view) => view?.statement?.tag);
    expect(new Set(tags).size).toBe(1);
    expect(await kill(services, one.id, 'query', { tag: String(tags[0]) })).toMatchObject({
      outcome: 'query-cancelled',
    });
  });

  it.skipIf(!url)('two that differ only behind it have two tags, and the one of the other cuts nothing', async () => {
    const services = servicesFor(url, CONFIG);
    const one = await run(statementOf('one'));
    const { statement } = await seen(services, one.id, isRunning);
    await kill(services, one.id, 'query');
    await Promise.all(running);
    running.push(one.run(statementOf('other')));
    const next = await seen(services, one.id, isRunning);
    expect(next.statement?.tag).not.toBe(statement?.tag);
    await expect(kill(services, one.id, 'query', { tag: String(statement?.tag) })).rejects.toMatchObject({
      code: 'tag-mismatch',
    });
  });

  it.skipIf(!url)('what a list did not read is not known to a filter, and read for a rule', async () => {
    const services = servicesFor(url, CONFIG);
    const one = await run(statementOf('one'));
    await seen(services, one.id, isRunning);
    const page = async (text: string) => {
      const query = { sort: 'id', limit: 1000, full: true, text } as const;
      const { sessions, undecided } = await listSessions(services, { principal: OPERATOR, target: 'local', query });
      return { ids: sessions.map(({ id }) => id), undecided };
    };
    expect((await page('4711 AS head')).ids).toContain(one.id);
    const unknown = await page('tail_one');
    expect(unknown.ids).not.toContain(one.id);
    expect(unknown.undecided).toBeGreaterThan(0);
    const victims = async (reaper: string) => {
      const asked = { principal: OPERATOR, target: 'local', reaper, dryRun: true, correlationId: 'test' };
      return (await reap(services, asked)).victims.map(({ id }) => id);
    };
    expect(await victims('by-end')).toEqual([one.id]);
    expect(await victims('by-another-end')).toEqual([]);
  });
});
