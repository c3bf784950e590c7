import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { reap, reaperPrincipal } from '../../lib/reaper/reap.ts';
import { Client, isRunning, kill, list, seen, servicesFor, urlAs } from '../engines/a-server.ts';
import { engines } from '../engines/engines.ts';
import { writeFigures } from './figures.ts';

const CONFIG = `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
reapers:
  - { name: weather, targets: ['*'], kill: connection, match: { user: warden_weather, command: Sleep }, victims: all, mode: enforce }
`;
const LONG = 'SELECT SLEEP(60) AS t, 1 FROM (SELECT 1 UNION ALL SELECT 2) r';
const DAY_MS = 86_400_000;
const READ_ONLY = { oceanbase: 'read_only', mariadb: 'read_only', mysql: 'super_read_only' } as const;
/** What an account needs to end others, and no more: statements are told apart by text and age there. */
const BARE = { oceanbase: 'SUPER', mariadb: 'CONNECTION ADMIN', mysql: 'CONNECTION_ADMIN' } as const;

const figures = { tried: 0, wrong: 0, lost: 0 };
const CALLS = ['connection', 'query', 'reap'] as const;

afterAll(() => {
  const note = 'read-only servers; our clock years off, and set in mid-kill';
  writeFigures({ name: 'Read-only and clock', ...figures, left: null, findings: null, note });
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each(engines)('bad weather on $name', ({ name, url = '' }) => {
  type Services = ReturnType<typeof servicesFor>;
  const accounts = () => [url, urlAs(url, 'warden_bare', '')];

  /** Ends a session or a statement by its tag, or runs a reaper; and compares answer and record with what the victim saw. */
  async function end(services: Services, what: (typeof CALLS)[number], lookers: Services = services): Promise<void> {
    const victim = await Client.open(urlAs(url, 'warden_weather', ''));
    victim.connection.on('error', () => {});
    try {
      const cut = what === 'query' ? victim.run(LONG) : undefined;
      const view = await seen(lookers, victim.id, what === 'query' ? isRunning : undefined);
      const tag = (what === 'query' ? view.statement?.tag : view.tag) ?? '';
      figures.tried++;
      let outcome: string | null | undefined;
      if (what === 'reap') {
        const request = { target: 'local', reaper: 'weather', dryRun: false, correlationId: 'weather' };
        const report = await reap(services, { ...request, principal: reaperPrincipal('weather') });
        outcome = report.victims.find(({ id }) => id === victim.id)?.outcome;
      } else outcome = (await kill(services, victim.id, what, { tag })).outcome;
      await cut;
      const isRight = outcome === (what === 'query' ? 'query-cancelled' : 'terminated');
      if (!isRight || (await victim.isAlive()) !== (what === 'query')) figures.wrong++;
      const record = services.audit.records.find(({ sessionId }) => sessionId === victim.id);
      if (record?.outcome !== outcome) figures.lost++;
      expect([what, outcome, record?.outcome]).toEqual([what, outcome, outcome]);
      expect(isRight).toBe(true);
    } finally {
      victim.close();
    }
  }

  async function asRoot(work: (root: Client) => Promise<void>): Promise<void> {
    const root = await Client.open(url);
    try {
      for (const user of ['warden_weather', 'warden_bare'])
        await root.connection.query(`CREATE USER IF NOT EXISTS ${user}`);
      await root.connection.query(`GRANT PROCESS, ${BARE[name]} ON *.* TO warden_bare`);
      await work(root);
    } finally {
      for (const user of ['warden_weather', 'warden_bare']) await root.connection.query(`DROP USER ${user}`);
      root.close();
    }
  }

  it.skipIf(!url)('a read-only server lists and ends as any other', () =>
    asRoot(async (root) => {
      const set = (value: 0 | 1) => root.connection.query(`SET GLOBAL ${READ_ONLY[name]} = ${value}`);
      await set(1);
      try {
        // An administrator may write all the same; the other may not.
        for (const what of CALLS) for (const as of accounts()) await end(servicesFor(as, CONFIG), what);
      } finally {
        await set(0);
        if (name === 'mysql') await root.connection.query('SET GLOBAL read_only = 0');
      }
    }),
  );

  it.skipIf(!url).each([-1_000, 1_000])('a clock of ours that is %i days off makes no difference', (days) =>
    asRoot(async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * DAY_MS });
      for (const what of CALLS) for (const as of accounts()) await end(servicesFor(as, CONFIG), what);
    }),
  );

  it.skipIf(!url).each([-1, 1])('a clock that is set by %i days in mid-kill makes no difference', (days) =>
    asRoot(async () => {
      for (const what of CALLS) {
        const services = servicesFor(url, CONFIG);
        vi.useFakeTimers({ toFake: ['Date'] });
        const beginAll: typeof services.audit.beginAll = (intents) => {
          vi.setSystemTime(Date.now() + days * DAY_MS);
          return services.audit.beginAll(intents);
        };
        await end({ ...services, audit: { ...services.audit, beginAll } }, what);
        vi.useRealTimers();
      }
      expect((await list(servicesFor(url))).length).toBeGreaterThan(0);
    }),
  );
});
