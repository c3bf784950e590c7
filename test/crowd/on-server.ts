import { startMariaDb, startMySql } from '../engines/mysql-servers.ts';
import { startEngine } from '../engines/servers.ts';
import { Random } from '../fuzz/random.ts';
import { type Order, type Played, playOnce } from './play.ts';
import { optionsFor } from './stage.ts';

const START = { mysql: startMySql, mariadb: startMariaDb } as const;

/**
 * Plays on the server that `MYSQL_URL` and so on names. Without, on one that is started for this play, with the options that
 * the seed says, and that some seeds crash again and again.
 */
export async function playOnServer(order: Omit<Order, 'url' | 'crash'>): Promise<Played> {
  const { engine, seed } = order;
  const random = new Random(seed * 1_000 + 998);
  if (engine === 'oceanbase' || process.env[`${engine.toUpperCase()}_URL`]) {
    const server = await startEngine(engine);
    if (server.url === undefined) throw new Error(server.reason);
    try {
      return await playOnce({ ...order, url: server.url });
    } finally {
      await server.stop();
    }
  }
  const options = optionsFor(engine, random);
  const server = await START[engine](options);
  const crash = random.chance(50) ? { crash: server.crash } : {};
  try {
    const played = await playOnce({ ...order, ...crash, url: server.url });
    return { ...played, settings: [...options, ...('crash' in crash ? ['crashes'] : []), ...played.settings] };
  } finally {
    await server.stop();
  }
}
