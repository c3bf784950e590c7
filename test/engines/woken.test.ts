import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { reap, reaperPrincipal } from '../../lib/reaper/reap.ts';
import { type IdleSessions, openIdleSessions } from '../bench/idle-sessions.ts';
import { Client, servicesFor, urlAs } from './a-server.ts';
import { engines } from './engines.ts';

const SLEEPERS = 2_000;
const USER = 'warden_woken';
const CONFIG = `reapers:
  - { name: idle, targets: ['*'], kill: connection, match: { user: ${USER}, idle: 2s }, victims: all, mode: enforce, limits: { perRun: ${SLEEPERS} } }
`;

/** A session that woke up while a reaper ran: when its answer came, by `performance.now`, or that none came. */
type Wake = { readonly id: string; readonly answeredAt: number | undefined };

describe.each(engines)('sessions that wake at random while 2,000 are reaped, on $name', ({ name, url = '' }) => {
  let idle: IdleSessions | undefined;
  afterAll(async () => idle?.close());

  it.skipIf(!url)('spares each that had its answer before its packet was sent', async () => {
    const root = await Client.open(url);
    await root.connection.query(`CREATE USER IF NOT EXISTS ${USER} IDENTIFIED BY 'pw'`);
    idle = await openIdleSessions(urlAs(url, USER, 'pw'), SLEEPERS, url);
    await sleep(3_200);
    const services = servicesFor(url, CONFIG);
    const sentAt = new Map<string, number>();
    const { open } = services;
    const watched: typeof services = {
      ...services,
      open: async (...call) => {
        const database = await open(...call);
        const compareAndKill = database.compareAndKill.bind(database);
        database.compareAndKill = (victims, kind) => {
          for (const { session } of victims) sentAt.set(session.id, performance.now());
          return compareAndKill(victims, kind);
        };
        return database;
      },
    };
    const wakes: Promise<Wake>[] = [];
    let reaping = true;
    const asleep = [...idle.connections];
    const waker = (async () => {
      while (reaping && asleep.length > 0) {
        const [connection] = asleep.splice(Math.floor(Math.random() * asleep.length), 1);
        const id = String(connection?.threadId);
        const answered = connection?.query('SELECT 1').then(() => performance.now());
        wakes.push(
          Promise.resolve(answered).then(
            (answeredAt) => ({ id, answeredAt }),
            () => ({ id, answeredAt: undefined }),
          ),
        );
        await sleep(1);
      }
    })();
    const { victims } = await reap(watched, {
      principal: reaperPrincipal('idle'),
      target: 'local',
      reaper: 'idle',
      dryRun: false,
      correlationId: 'test',
    });
    reaping = false;
    await waker;
    const woken = await Promise.all(wakes);
    const ended = new Set(victims.filter(({ outcome }) => outcome === 'terminated').map(({ id }) => String(id)));
    const endedAwake = woken.filter(
      ({ id, answeredAt }) => ended.has(id) && answeredAt !== undefined && answeredAt < (sentAt.get(id) ?? 0),
    );
    expect(endedAwake).toEqual([]);
    const inPacket = woken.filter(({ id, answeredAt }) => ended.has(id) && answeredAt !== undefined).length;
    console.log(
      `${name}: ${woken.length} woke, ${ended.size} were ended, ${inPacket} of them after an answer in their own packet`,
    );
    await root.connection.query(`DROP USER ${USER}`);
    root.close();
  });
});
