import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { COMMANDS, isNotRun } from './commands.ts';
import { blocksOf, PAGES, textOf } from './pages.ts';
import { play } from './play.ts';
import { holds, tells } from './transcript.ts';
import { startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const RUN = PAGES.filter((page) => COMMANDS.some((command) => command.block.page === page && !isNotRun(command)));

describe('the commands of a page', () => {
  // In order: pages share the sessions of one demonstration.
  it.each(RUN)('%s tells what they print (npm run docs writes it)', async (page) => {
    const { text, wrong } = await play(page, world);
    expect(wrong).toEqual([]);
    expect(text).toBe(textOf(page));
  });

  it('are compared in all but what is another at each run', () => {
    const ids = new Set(['241']);
    const told = ['Id   User  Time', '241  app    12m', '…', '2 sessions'];
    expect(tells(told, ['Id  User  Time', '241  app  3s', '242  ada  4s', '2 sessions'], ids)).toBe(true);
    expect(tells(told, ['Id  User  Time', '242  app  3s', '2 sessions'], ids)).toBe(false);
    expect(tells(told, ['Id  User  Time', '241  ada  3s', '2 sessions'], ids)).toBe(false);
    expect(tells(told, ['Id  User  Time', '241  app  3s', '3 sessions'], ids)).toBe(false);
    expect(tells(['gone'], [], ids)).toBe(false);
    expect(holds(['b', 'a'], ['a', 'c', 'b'], ids)).toBe(true);
    expect(holds(['d'], ['a', 'c', 'b'], ids)).toBe(false);
  });
});

describe('the SQL of a page', () => {
  const blocks = PAGES.flatMap((page) => blocksOf(page)).filter(({ language }) => language === 'sql');
  const threads = z.tuple([z.array(z.object({ ID: z.coerce.string() })).min(1)]);

  it.each(blocks.map((block) => [`${block.page}:${block.line}`, block.text]))('%s runs', async (_, text) => {
    await world.root("CREATE USER IF NOT EXISTS 'warden'@'%'");
    // One for each KILL of a page.
    for (let n = 0; n < 2; n++) await world.open('app_web', 'SELECT SLEEP(86400)');
    const list = `SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'app_web' AND INFO LIKE '%SLEEP(86400)%'`;
    const victim = () =>
      vi.waitFor(() => world.root(list).then((answer) => threads.parse(answer)[0][0]?.ID ?? ''), 60_000);
    const statements = text
      .replace(/--.*$/gm, '')
      .split(';')
      .filter((sql) => sql.trim() !== '');
    expect(statements).not.toEqual([]);
    try {
      for (const sql of statements) {
        const now = /\bKILL\b/.test(sql) ? sql.replace(/\d+/, await victim()) : sql;
        await expect(world.root(now)).resolves.toHaveLength(1);
      }
    } finally {
      await world.root("DROP USER 'warden'@'%'");
      await world.hangUp();
    }
  });
});
