import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { freePort } from '../../local/kernel/free-port.ts';
import { endListed } from '../engines/a-server.ts';
import { type Command, commandsOf, isNotRun } from './commands.ts';
import { answerTo, type Block, blocksOf, PAGES, textOf, withBlocks } from './pages.ts';
import { blockOf, holds, isSameAnswer, type Step, stepsOf, tells, withoutEmptyEnd } from './transcript.ts';
import type { Ran, Shell, World } from './world.ts';

/** What a page needs besides the sessions of the demonstration. */
interface Scene {
  readonly set?: (world: World) => Promise<void>;
  /** Sessions that the page names by an ID: the filter that finds each when the page begins. */
  readonly cast?: Readonly<Record<string, string>>;
  /** What happens before a command, after which the cast is looked for again. */
  readonly before?: { readonly like: RegExp; readonly set: (world: World) => Promise<void> };
  /** In the folder in which its commands run. */
  readonly files?: (world: World) => Readonly<Record<string, string>>;
}

const IDLE = 4_000; // servers count whole seconds, and a rule on times waits for two more
const times = (count: number, open: () => Promise<void>) => Promise.all(Array.from({ length: count }, open));
const RUNAWAY = 'SELECT customer, SUM(amount), SLEEP(86400) FROM orders WHERE amount > 10';
const RECORDED = [
  ['Id', 'User', 'Host', 'db', 'Command', 'Time', 'State', 'Info'],
  ['103', 'app_web', '10.0.0.13:50201', 'shop', 'Sleep', '1340', '', 'NULL'],
  ['105', 'app_batch', '10.0.0.14:50301', 'shop', 'Sleep', '725', '', 'NULL'],
];
/** Ends the sessions that the pages before have left, for what a page tells on its own. */
const endDemonstration = ({ url }: World): Promise<void> => endListed(url, "USER <> 'root'");

/** Has a session hold a row lock, and others wait for it. */
async function hold({ open }: World, holder: string, waiters: readonly string[]): Promise<void> {
  const update = "UPDATE orders SET amount = amount + 1 WHERE customer = 'acme'";
  await open(holder, 'BEGIN', update, 'SELECT 1');
  for (const user of waiters) await open(user, update);
}

const asList = (rows: readonly (readonly string[])[]) => `${rows.map((row) => row.join('\t')).join('\n')}\n`;

const SCENES: Readonly<Record<string, Scene>> = {
  'README.md': {
    cast: { 210: 'user=ada&inTransaction=true', 211: 'user=app&command=Query' },
    // It ends the one that holds the lock twice.
    before: { like: / slack '\/warden blockers/, set: (world) => hold(world, 'ada', ['app']) },
    files: () => ({ 'list.txt': asList(RECORDED) }),
  },
  'docs/api.md': {
    set: async (world) => {
      await endDemonstration(world);
      await times(3, () => world.open('app_web'));
      await world.open('report', RUNAWAY);
      await world.open('batch');
      await hold(world, 'app_api', ['app_pay']);
    },
    cast: {
      4711: 'user=app_web&command=Sleep',
      4712: 'user=report&command=Query',
      4713: 'user=batch&command=Sleep',
      4714: 'user=app_api',
    },
  },
  'docs/chat-ops.md': {
    set: async ({ open }) => {
      await open('report', RUNAWAY);
      await open('batch');
    },
    cast: { 245: 'user=report&command=Query', 246: 'user=batch&command=Sleep' },
  },
  'docs/cli.md': {
    set: async (world) => {
      await endDemonstration(world);
      for (const user of ['app', 'report', 'ada', 'report', 'app_web', 'app_web']) await world.open(user);
      await hold(world, 'ada', ['app']);
    },
  },
  'docs/deploy.md': { set: async ({ open }) => open('report', RUNAWAY) },
  'docs/from-pt-kill.md': {
    set: async (world) => {
      await endDemonstration(world);
      for (const user of ['app_web', 'app_batch', 'report']) await world.open(user);
    },
    files: ({ url }) => ({ 'targets.yaml': `db1: ${url}\n` }),
  },
  'docs/runbook.md': {
    set: async (world) => {
      await endDemonstration(world);
      await times(20, () => world.open('app_web'));
      await world.open('report', RUNAWAY);
      await hold(world, 'app_api', ['batch', 'app_pay', 'app_pay']);
    },
    cast: { 11490: 'user=report&command=Query', 11508: 'user=app_api&command=Sleep' },
  },
  'docs/serve.md': {
    files: ({ url }) => ({ 'targets.yaml': `local: ${url}\n`, 'warden.yaml': 'access: []\n' }),
  },
};

/** What was said on a page so far, by which later commands are filled in. */
interface Said {
  ids: ReadonlyMap<string, string>;
  answers: string;
}

/** The first of something in the answers so far. */
const firstOf = (pattern: RegExp, { answers }: Said): string => pattern.exec(answers)?.[1] ?? '';

const tagged = z.object({ tag: z.string(), statement: z.nullable(z.object({ tag: z.string() })) });

/** A command as it is run: at this kernel, with the sessions that there are, and without ages for which no one waits. */
async function runnable(text: string, said: Said, { url, port, clientOptions }: World): Promise<string> {
  const address = `http://127.0.0.1:${port}`;
  const filled = text
    .replace(/mysql:\/\/[^'\s]*:3306/, url)
    .replace(/\bmysql (?:--defaults-extra-file=\S+ -h \S+ -P \d+ -u root )?-e/, `mysql ${clientOptions} -e`)
    .replaceAll('http://127.0.0.1:8787', address)
    .replaceAll('https://YOUR-API', address)
    .replace(/\bTOKEN=…/, 'TOKEN=none')
    .replace(/\bURL=…/, `URL=${address}`)
    .replace(/(targets\/|--target )shop\b/g, '$1local')
    .replace(/(--(?:idle|idle-time|min-time) |"idle":"|idle=)\d+[smh]/g, '$11s')
    .replace(/minTime=\d+/, 'minTime=1')
    .replace(/\bAPPROVAL\b/, firstOf(/"id":"([\w-]{22})"/, said))
    .replace(/\bDIGEST\b/, firstOf(/"digest":"([^"]+)"/, said))
    .replace(/\bID\b/, firstOf(/"id":"(\d+)"/, said))
    .replace(/\b\d{2,}\b/g, (number) => said.ids.get(number) ?? number);
  if (!/\bTAG\b/.test(filled)) return filled;
  const id = /sessions\/(\d+)|"id":"(\d+)"/.exec(filled)?.slice(1).join('');
  const session = tagged.parse(await (await fetch(`${address}/targets/local/sessions/${id}`)).json());
  return filled.replace(/\bTAG\b/, (/\/query\b/.test(filled) && session.statement?.tag) || session.tag);
}

/** What was printed, as the page writes it. */
function told(real: string, text: string, said: Said, { port }: World): readonly string[] {
  const documented = new Map([...said.ids].map(([id, number]) => [number, id]));
  const age = /(?:--idle |"idle":")(\d+[smh])/.exec(text)?.[1];
  // The ID of another session here, which the page has given away.
  const elsewhere = (number: string) => (said.ids.has(number) ? `${number}0` : number);
  const isAnswer = /^curl -s [\s\S]*"\$URL\//.test(text) && real.startsWith('{');
  const lines = (isAnswer ? JSON.stringify(JSON.parse(real), null, 2) : real)
    .replaceAll(`127.0.0.1:${port}`, '127.0.0.1:8787')
    .replace(/(?<![\w.:-])\d{2,}(?![\w-]|\.\d)/g, (number) => documented.get(number) ?? elsewhere(number))
    .replaceAll('"target": "local"', '"target": "shop"')
    .replaceAll('/targets/local/', '/targets/shop/')
    .replace(/(idle: [^,]+, wanted )1s/g, age === undefined ? '$&' : `$1${age}`)
    // What is typed at the question is not shown by this terminal.
    .replace('[y/N] ', '[y/N] y\n')
    .split('\n');
  return withoutEmptyEnd(lines.map((line) => line.trimEnd()));
}

/** Lists whose order is that of the moment. Of those, a page may leave rows out. */
const isUnordered = (text: string): boolean => /^mysql |\bwarden (?:sessions|top|policy test)\b/.test(text);
const SERVES = /\bwarden serve\b/;
const ASKS = /\bwarden (?:kill|cancel) --/;
const PROBLEM = /"type":"[^"]+errors\.md#[\w-]+"/;

async function runOne(text: string, shell: Shell): Promise<Ran> {
  if (SERVES.test(text)) return runServer(text, shell);
  return ASKS.test(text) ? shell.run(text, 'y\n') : shell.run(text);
}

/** Runs a server until it says that it serves. */
async function runServer(text: string, shell: Shell): Promise<Ran> {
  const line = text.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${await freePort()}`);
  const ran = await shell.run(
    [
      `export PORT=${await freePort()} AUDIT_FILE=serve.sqlite`,
      `${line} > serve.log 2>&1 &`,
      'pid=$!',
      'for turn in $(seq 600); do if grep -q " serves " serve.log; then break; fi; sleep 0.1; done',
      'kill -TERM $pid; wait $pid; cat serve.log; grep -q " serves " serve.log',
    ].join('\n'),
  );
  return { ...ran, stdout: '', stderr: ran.stdout };
}

/** What went wrong with a command. */
function wrongWith({ block, text }: Command, { code, stdout, stderr }: Ran): readonly string[] {
  if (code === 0 && !PROBLEM.test(stdout)) return [];
  return [`${block.page}:${block.line}: ${text}\nexit code ${code}\n${stdout}${stderr}`];
}

/** What came of running a page. */
export interface Played {
  /** The page, with what was really printed where it told something else. */
  readonly text: string;
  /** Commands that failed. */
  readonly wrong: readonly string[];
}

/** Runs every command of a page that can be run. */
export async function play(page: string, world: World): Promise<Played> {
  const text = textOf(page);
  const all = blocksOf(page, text);
  const blocks = all.filter((block) => commandsOf(block).some((command) => !isNotRun(command)));
  if (blocks.length === 0) return { text, wrong: [] };
  const scene = SCENES[page] ?? {};
  const shell = world.shell(page);
  for (const [name, content] of Object.entries(scene.files?.(world) ?? {}))
    writeFileSync(join(shell.folder, name), content);
  const wrong: string[] = [];
  const changes = new Map<Block, string>();
  try {
    await scene.set?.(world);
    if (scene.set !== undefined) await sleep(IDLE);
    const said: Said = { ids: await find(scene.cast ?? {}, world), answers: '' };
    for (const block of blocks) {
      const steps: Step[] = [];
      const before = block.language === 'console' ? stepsOf(block.text) : [];
      for (const [at, command] of commandsOf(block).entries()) {
        const documented = before[at]?.output ?? [];
        if (isNotRun(command)) {
          steps.push({ command: command.text, output: documented });
          continue;
        }
        if (scene.before?.like.test(command.text)) {
          await scene.before.set(world);
          await sleep(IDLE);
          said.ids = await find(scene.cast ?? {}, world);
        }
        const ran = await runOne(await runnable(command.text, said, world), shell);
        said.answers = `${ran.stdout}${said.answers}`;
        wrong.push(...wrongWith(command, ran));
        const real = told(ran.stdout, command.text, said, world);
        const isTold =
          documented.length === 0 || (isUnordered(command.text) ? holds : tells)(documented, real, said.ids);
        steps.push({ command: command.text, output: isTold && block.language === 'console' ? documented : real });
      }
      const answer = answerTo(block, text, all);
      const last = steps.at(-1)?.output ?? [];
      if (answer !== undefined && !isSameAnswer(answer.text.split('\n'), last, said.ids))
        changes.set(answer, last.join('\n'));
      const inside = blockOf(steps);
      if (block.language === 'console' && inside !== block.text) changes.set(block, inside);
    }
  } finally {
    await world.hangUp();
  }
  return { text: withBlocks(text, changes), wrong };
}

async function find(cast: NonNullable<Scene['cast']>, { port }: World): Promise<ReadonlyMap<string, string>> {
  const entries = Object.entries(cast).map(async ([id, filter]) => {
    const url = `http://127.0.0.1:${port}/targets/local/sessions?${filter}`;
    const number = /"id":"(\d+)"/.exec(await (await fetch(url)).text())?.[1];
    if (number === undefined) throw new Error(`no session with ${filter}`);
    return [id, number] as const;
  });
  return new Map(await Promise.all(entries));
}

// `npm run docs` writes what was really printed into the pages.
if (import.meta.main) {
  const { startWorld } = await import('./world.ts');
  const world = await startWorld();
  try {
    for (const page of process.argv.length > 2 ? process.argv.slice(2) : PAGES) {
      const { text, wrong } = await play(page, world);
      if (text !== textOf(page)) writeFileSync(page, text);
      for (const one of wrong) console.error(one);
      if (wrong.length > 0) process.exitCode = 1;
    }
  } finally {
    await world.close();
  }
}
