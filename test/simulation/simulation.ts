import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BREAKS, type Break, WHOLE } from './breaks.ts';
import { takeOverTime } from './clock.ts';
import { inWords, shorten, tryOut } from './find.ts';

// Tells stories of sessions, servers, stores and people, each decided by one number, and looks for one in which a promise
// is broken. `--seeds 100000 --from 1` tells so many, `--seed 7` one of them again. `--break NAME` takes one fix back and
// shows that a story is found; `--break all` does so with each, and writes results/simulation.md anew.
process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
// Failures are ends like any other here; where they came from costs half of the time.
Error.stackTraceLimit = 0;

const RESULTS = fileURLToPath(new URL('../../results/simulation.md', import.meta.url));
/** Stories told in search of one in which a break shows. */
const MOST = 200_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    break: { type: 'string' },
  },
});

const now = performance.now.bind(performance);
// What is loaded late would be awaited in the midst of a story.
await import('@aws-lambda-powertools/logger');
takeOverTime();

/** Tells so many stories; one of each rule that is broken is told in words. */
async function tellAll(from: number, count: number, breaks: Break, flags: string): Promise<number> {
  const began = now();
  const rules = new Map<string, number[]>();
  for (let seed = from; seed < from + count; seed++) {
    const contradiction = await tryOut(seed, breaks);
    if (contradiction !== undefined) rules.set(contradiction.rule, [...(rules.get(contradiction.rule) ?? []), seed]);
  }
  const seconds = (now() - began) / 1000;
  const perSecond = Math.round(count / seconds);
  console.log(
    `${count} seeds from ${from} in ${seconds.toFixed(1)} s, ${perSecond} a second: ${rules.size} rules broken`,
  );
  for (const [rule, [first = from, ...more]] of rules) {
    console.log(`\n${rule}: ${more.length + 1} seeds, ${[first, ...more].slice(0, 5).join(', ')}`);
    const found = await shorten(first, breaks);
    if (found !== undefined) console.log(inWords(found, flags));
  }
  if (rules.size > 0) process.exitCode = 1;
  return perSecond;
}

/** Takes a fix back, and tells the first story that shows it. @returns its row of the table */
async function findBroken(name: string, breaks: Break): Promise<string> {
  const began = now();
  for (let seed = 1; seed <= MOST; seed++) {
    const contradiction = await tryOut(seed, breaks);
    if (contradiction === undefined) continue;
    const seconds = (now() - began) / 1000;
    const found = await shorten(seed, breaks);
    console.log(`\n${name}: ${breaks.about}; found after ${seed} seeds, ${seconds.toFixed(1)} s`);
    if (found !== undefined) console.log(inWords(found, ` --break ${name}`));
    return `| ${name} | ${breaks.about} | ${contradiction.rule} | ${seed} | ${seconds.toFixed(1)} |`;
  }
  console.log(`\n${name}: not found in ${MOST} seeds`);
  process.exitCode = 1;
  return `| ${name} | ${breaks.about} | not found | ${MOST} | – |`;
}

const machine = (): string => {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
};

async function breakAll(): Promise<void> {
  const perSecond = await tellAll(Number(values.from), Number(values.seeds), WHOLE, '');
  const rows: string[] = [];
  for (const [name, breaks] of Object.entries(BREAKS)) rows.push(await findBroken(name, breaks));
  const text = `# Simulation

${new Date().toISOString().slice(0, 10)}, ${machine()}; one core is used

Nothing taken back: ${values.seeds} seeds from ${values.from}, ${perSecond} a second, ${process.exitCode === 1 ? 'with contradictions' : 'no promise broken'}.

With one fix taken back, seeds from 1 until the first story that breaks a promise:

| \`--break\` | taken back | the rule that is broken first | seeds | seconds |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
  writeFileSync(RESULTS, text);
}

const name = values.break ?? '';
const broken = BREAKS[name];
if (name === 'all') await breakAll();
else if (name !== '' && broken === undefined) {
  console.error(`--break: write all, or one of ${Object.keys(BREAKS).join(', ')}`);
  process.exitCode = 2;
} else if (values.seed !== undefined)
  await tellAll(Number(values.seed), 1, broken ?? WHOLE, name === '' ? '' : ` --break ${name}`);
else if (broken !== undefined) await findBroken(name, broken);
else await tellAll(Number(values.from), Number(values.seeds), WHOLE, '');
