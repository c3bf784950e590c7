import { setTimeout as sleep } from 'node:timers/promises';
import { servicesFor } from '../engines/a-server.ts';
import type { EngineName as Engine } from '../engines/engine-status.ts';
import { Random } from '../fuzz/random.ts';
import { Client, type Login } from './a-client.ts';
import { HABITS, type Scene } from './habits.ts';
import { judgeEnds } from './judge-ends.ts';
import { type Contradiction, judgeLists } from './judge-lists.ts';
import { judgeWaits } from './judge-waits.ts';
import type { Notes } from './notes.ts';
import { type Call, Watcher } from './product.ts';
import { prepare, type Stage } from './stage.ts';

/** What is to be played: all of it follows from the seed but the server's and the machine's own time. */
export interface Order {
  readonly engine: Engine;
  readonly url: string;
  readonly seed: number;
  readonly seconds: number;
  readonly clients: number;
  /** Of all clients only these take part. */
  readonly only?: readonly number[];
  /** Ends the server at once and starts it again; given where the seed says that this happens, which it does again and again. */
  readonly crash?: () => Promise<void>;
}

/** What came of a play. */
export interface Played {
  readonly contradictions: readonly Contradiction[];
  readonly notes: Notes;
  readonly calls: readonly Call[];
  readonly settings: readonly string[];
}

const WATCHERS = 3;

const CONFIG = `access:
  - who: { group: operator }
    targets: ['*']
    privileges: [PROCESS, SUPER]
    statements: full
  - who: { sub: owner }
    targets: ['*']
    users: [crowd_a]
    privileges: []
    statements: full
  - who: { sub: ender }
    targets: ['*']
    privileges: [SUPER]
    statements: full
  - who: { sub: viewer }
    targets: ['*']
    privileges: [PROCESS]
    statements: full
limits: { connectionsPerTarget: 8, killsPerMinute: 100000, waitSeconds: 10 }
reapers:
`;

const RULES: Readonly<Record<string, string>> = {
  'idle-in-transaction':
    'kill: connection, match: { user: crowd_*, command: Sleep, inTransaction: true, transactionFor: 2s }',
  'idle-outside': 'kill: connection, match: { user: crowd_*, idle: 2s, inTransaction: false }',
  'busy-long': "kill: query, match: { user: crowd_*, busy: 1s }, ignore: [{ info: '*nokill*' }]",
  'busy-in-transaction':
    "kill: query, match: { user: crowd_*, busy: 1s, inTransaction: true }, ignore: [{ info: '*nokill*' }]",
  'idle-blocking': 'kill: connection, match: { user: crowd_*, command: Sleep, blocking: true }',
};

const config = `${CONFIG}${Object.entries(RULES)
  .map(([name, rule]) => `  - { name: ${name}, targets: ['*'], ${rule}, victims: oldest, mode: enforce }\n`)
  .join('')}`;

/** A client from its first login to the end of the play: whoever loses it comes back. */
async function play(client: number, random: Random, notes: Notes, stage: Stage, scene: Scene): Promise<void> {
  const habits = HABITS.filter(({ not = [] }) => !not.includes(scene.engine)).flatMap((one) =>
    Array.from({ length: one.weight }, () => one.habit),
  );
  await sleep(random.below(500));
  while (!scene.isOver()) {
    const login: Login = stage.logins[random.below(stage.logins.length)] ?? stage.logins[0];
    // A KILL may meet it in its login.
    const one = await Client.open(notes, client, login).catch(() => undefined);
    if (one === undefined) {
      await sleep(100);
      continue;
    }
    while (!one.isGone && !scene.isOver()) {
      await habits[random.below(habits.length)]?.(one, random, scene);
      await sleep(random.below(600));
    }
    if (!one.isGone) {
      // So that it knows that it lived until now.
      await one.send([{ sql: 'DO % 0' }]);
      await one.leave();
    }
    await sleep(random.below(300));
  }
}

/** Once the first clients have come again under their IDs of before, who saw those has time to press. */
const BETWEEN_CRASHES_MS = 5_000;

/** Crashes until the play is nearly over. */
async function crashes(crash: () => Promise<void>, random: Random, { restarts }: Notes, end: number): Promise<void> {
  for (;;) {
    await sleep(BETWEEN_CRASHES_MS + random.below(3_000));
    const from = performance.now();
    if (from + BETWEEN_CRASHES_MS > end) return;
    await crash();
    // It lets clients in before it is known to answer; nobody in the first half of the time.
    restarts.push({ from, to: (from + performance.now()) / 2 });
  }
}

/** Plays once, and holds what the product said against what the clients noted. */
export async function playOnce({ engine, url, seed, seconds, clients, only, crash }: Order): Promise<Played> {
  const stage = await prepare(engine, url, new Random(seed * 1_000 + 999), clients);
  const notes: Notes = { start: performance.now(), lives: [], kills: [], restarts: [] };
  const services = servicesFor(stage.service, config);
  const end = performance.now() + seconds * 1_000;
  const isOver = (): boolean => performance.now() >= end;
  const scene: Scene = { engine, logins: stage.logins, isOver };
  const watchers = Array.from(
    { length: WATCHERS },
    (_, n) => new Watcher(services, new Random(seed * 1_000 + 900 + n), Object.keys(RULES), notes),
  );
  try {
    const players = Array.from({ length: clients }, (_, n) => n)
      .filter((n) => only === undefined || only.includes(n))
      .map((n) => play(n, new Random(seed * 1_000 + n), notes, stage, scene));
    // The product looks on until the clients have left, so that nothing that it ends goes without a note.
    await Promise.all([
      ...(crash === undefined ? [] : [crashes(crash, new Random(seed * 1_000 + 997), notes, end)]),
      ...players,
      ...watchers.map((watcher) => watcher.watch(isOver)),
    ]);
    await sleep(200);
  } finally {
    await stage.leave();
  }
  const calls = watchers.flatMap((watcher) => watcher.calls).toSorted((a, b) => a.from - b.from);
  const server = { engine, isApproximate: stage.isApproximate, isMixed: stage.isMixed, seesAll: stage.seesAll };
  return {
    contradictions: [
      ...judgeLists(calls, notes, server),
      ...judgeWaits(calls, notes, server),
      ...judgeEnds(calls, notes, server, services.audit.records),
    ],
    notes,
    calls,
    settings: stage.settings,
  };
}
