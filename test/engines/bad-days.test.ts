import { afterEach, expect, it, vi } from 'vitest';
import { freePort } from '../../local/kernel/free-port.ts';
import { type TcpDoor, tcpDoor } from '../support/tcp-door.ts';
import { Client, kill, leave, list, seen, servicesFor, urlAs } from './a-server.ts';
import { onEachEngine } from './engines.ts';

const QUICK = `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
timeouts: { connect: 1, statement: 1, overall: 2 }
`;
/** What each of them takes is waiting: for all of them at once it is no longer than for one. */
const together = <Case>(cases: readonly Case[], run: (one: Case) => Promise<void>): Promise<unknown> =>
  Promise.all(cases.map(run));
/** A connection that was ended here is seen to end there a moment later. */
const emptied = (door: TcpDoor): Promise<void> => vi.waitFor(() => expect(door.open()).toBe(0), { timeout: 60_000 });
const at = (url: string, port: number): string => {
  const other = new URL(url);
  other.port = String(port);
  return other.href;
};

onEachEngine('a bad day', ({ url = '' }) => {
  const doors: TcpDoor[] = [];
  const clients: Client[] = [];
  const door = async (...args: Parameters<typeof tcpDoor>): Promise<TcpDoor> => {
    const made = await tcpDoor(...args);
    doors.push(made);
    return made;
  };
  afterEach(async () => {
    await leave(url, clients);
    for (const one of doors.splice(0)) await one.close();
  });
  const port = Number(new URL(url || 'mysql://x:1').port);

  it.skipIf(!url)('names a wrong password, and neither the password nor the account', async () => {
    const failure: unknown = await list(servicesFor(urlAs(url, 'warden_nobody', 'canary'))).catch((error) => error);
    expect(failure).toMatchObject({ code: 'target-denied', status: 502, hint: expect.not.stringContaining('secret') });
    expect(String(failure)).not.toMatch(/canary|warden_nobody/);
  });

  it.skipIf(!url)('says that a server is down, and when to come back', async () => {
    await expect(list(servicesFor(at(url, await freePort())))).rejects.toMatchObject({
      code: 'target-port-closed',
      status: 503,
      retryAfter: expect.any(Number),
    });
  });

  it.skipIf(!url)(
    'gives up on a server that takes the connection and never answers, and leaves none open',
    async () => {
      const silent = await door(null);
      await expect(list(servicesFor(at(url, silent.port), QUICK))).rejects.toMatchObject({
        code: 'target-timeout',
        status: 504,
      });
      await emptied(silent);
    },
  );

  it.skipIf(!url)('refuses to talk in the clear where TLS is asked of a server that has none', async () => {
    const plain = await door({ port }, 1e9);
    const strict = new URL(at(url, plain.port));
    strict.hostname = 'localhost';
    strict.searchParams.set('tls', 'on');
    await expect(list(servicesFor(strict.href, QUICK))).rejects.toMatchObject({
      code: expect.stringMatching(/^target-/),
    });
  });

  it.skipIf(!url).each(['silence', 'reset', 'cut'] as const)(
    'answers what it knows after %s at any byte of a listing, and leaves no connection open',
    async (fault) => {
      await together([1, 60, 90, 150, 400, 900, 1_500], async (bytes) => {
        const broken = await door({ port }, bytes, fault);
        await expect(list(servicesFor(at(url, broken.port), QUICK))).rejects.toMatchObject({
          code: expect.stringMatching(/^target-(timeout|unreachable)$/),
        });
        await emptied(broken);
      });
    },
  );

  it.skipIf(!url).each(['silence', 'reset', 'cut'] as const)(
    'never calls a kill done that %s kept it from seeing, and keeps its intent on record',
    async (fault) => {
      const direct = servicesFor(url);
      await together([700, 1_100, 1_300, 1_500, 1_700], async (bytes) => {
        const victim = await Client.open(url);
        clients.push(victim);
        victim.connection.on('error', () => {});
        const { tag } = await seen(direct, victim.id);
        const broken = await door({ port }, bytes, fault);
        const services = servicesFor(at(url, broken.port), QUICK);
        const answer = await kill(services, victim.id, 'connection', { tag }).catch(
          (error: { code?: string }) => error,
        );
        const [record] = (await services.audit.list({ limit: 10 })) ?? [];
        const gone = !(await victim.isAlive());
        // Gone without a record would be a kill that nobody can account for.
        if (gone) expect(record).toMatchObject({ sessionId: victim.id });
        if ('outcome' in answer && answer.outcome === 'terminated') expect(gone).toBe(true);
        else if ('outcome' in answer) expect(answer.outcome).toMatch(/^(pending|already-gone)$/);
        else expect(answer.code).toMatch(/^target-(timeout|unreachable|elsewhere)$/);
        if (record !== undefined && record.outcome === 'terminated') expect(gone).toBe(true);
      });
    },
  );
});
