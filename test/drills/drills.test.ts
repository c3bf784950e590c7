import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { table, writeReport } from '../bench/report.ts';
import { CHROMIUM } from '../console/browser.ts';
import { engines } from '../engines/engines.ts';
import { handsOn } from './hands.ts';
import { SCENES, Stage } from './scenes.ts';

/** What nobody should need more of, from the alert to relief. */
const MOST_ACTIONS = 3;

const ABOUT =
  '`npm run drills`: from the alert, or the symptom, until the server is relieved. An action is a typed line, a pressed button or a key. In chat the press is sent at once, so the seconds are ours; by command they are those of a new process for each line, from a checkout; the console is open already.';

interface Row {
  readonly scene: string;
  readonly engine: string;
  readonly way: 'chat' | 'command' | 'console';
  readonly actions: number;
  readonly seconds: number;
}
const rows: Row[] = [];

describe.each(engines)('a drill on $name', ({ name, url = '' }) => {
  let stage: Stage;
  let hands: Awaited<ReturnType<typeof handsOn>>;
  beforeAll(async () => {
    if (!url) return;
    stage = await Stage.build(url, name);
    hands = await handsOn(url);
  });
  afterAll(async () => {
    if (!url) return;
    await hands.done();
    await stage.strike();
  });

  const scenes = SCENES.filter((scene) => scene.engines.includes(name));
  const drills = scenes.flatMap((scene) =>
    (CHROMIUM ? (['chat', 'command', 'console'] as const) : (['chat', 'command'] as const)).map((way) => ({
      scene,
      way,
      title: scene.title,
    })),
  );
  it.skipIf(!url).each(drills)('$title, by $way', async ({ scene, way }) => {
    try {
      const trouble = await scene.set(stage);
      const page = way === 'console' ? await hands.openConsole(trouble.as) : undefined;
      hands.rest();
      const begun = performance.now();
      if (page !== undefined) await trouble.console(page);
      else await (way === 'chat' ? trouble.chat(hands.chat) : trouble.terminal(hands.terminal));
      await trouble.relieved();
      const seconds = (performance.now() - begun) / 1_000;
      const actions = hands.chat.actions();
      rows.push({ scene: scene.title, engine: name, way, actions, seconds });
      expect(actions).toBeLessThanOrEqual(MOST_ACTIONS);
    } finally {
      await hands.closeConsole();
      await stage.clear();
    }
  });
});

afterAll(async () => {
  const head = [
    'scene',
    'server',
    'actions in chat',
    'seconds',
    'actions by command',
    'seconds',
    'actions in the console',
    'seconds',
  ];
  const of = (row: Row, way: Row['way']) =>
    rows.find((one) => one.scene === row.scene && one.engine === row.engine && one.way === way);
  const cells = rows
    .filter(({ way }) => way === 'chat')
    .map((row) => {
      const told = (['chat', 'command', 'console'] as const).flatMap((way) => {
        const one = of(row, way);
        return [String(one?.actions ?? '–'), one?.seconds.toFixed(1) ?? '–'];
      });
      return [row.scene, row.engine, ...told];
    });
  const found = table(head, cells);
  console.log(`figures: drills\n${found}`);
  if (process.env['DRILLS_FULL']) await writeReport('drills', 'Drills', `${ABOUT}\n\n${found}`);
});
