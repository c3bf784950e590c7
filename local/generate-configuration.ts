/** Writes the environment of each function into docs/configuration.md, or with `--check` fails where it is not what is read. */
import { readFileSync, writeFileSync } from 'node:fs';
import { CHAT_ROUTES, CHAT_WORKERS, CONSOLE_ROUTES, ROUTES, SCHEDULED } from '../functions/routes.ts';
import { VARIABLES, type VariableName } from '../functions/wiring/environment.ts';

const FILE = new URL('../docs/configuration.md', import.meta.url);
const FUNCTIONS = new URL('../functions/', import.meta.url);
const [BEGIN, END] = [
  '<!-- npm run configuration writes this from functions/wiring/environment.ts -->\n',
  '<!-- end of what it writes -->\n',
];

const NAMES = (Object.keys(VARIABLES) as (keyof typeof VARIABLES)[]).filter(
  (name): name is VariableName => !('everywhere' in VARIABLES[name]),
);
const COMMENT = /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g;
const WIRING = /^import (?!type)[^;]*?'\.\/((?:wiring\/)?[\w-]+\.ts)';|import\('\.\/([\w-]+\.ts)'\)/gm;

/** What a file of the wiring reads, and what it has other files of the wiring read, now or when it is needed. */
function readBy(file: string, seen: Set<string>): readonly VariableName[] {
  // The table itself reads none.
  if (seen.has(file) || file === 'wiring/environment.ts') return [];
  seen.add(file);
  const source = readFileSync(new URL(file, FUNCTIONS), 'utf8').replace(COMMENT, '');
  const own = NAMES.filter((name) => new RegExp(`\\b${name}\\b`).test(source));
  const others = [...source.matchAll(WIRING)].flatMap(([, now, later]) => now ?? later ?? []);
  return [...own, ...others.flatMap((other) => readBy(`wiring/${other.replace('wiring/', '')}`, seen))];
}

/** The variables that each function reads, in the order of the table. */
export const ENVIRONMENTS: Readonly<Record<string, readonly VariableName[]>> = Object.fromEntries(
  [
    ...[...[...ROUTES, ...CONSOLE_ROUTES].map(({ name }) => name), ...SCHEDULED, ...CHAT_WORKERS].map(
      (name) => [name, `${name}.ts`] as const,
    ),
    // Their entries are written when they are bundled (infra/chat.ts).
    ...CHAT_ROUTES.map(({ name }) => [name, 'wiring/receiver-services.ts'] as const),
  ].map(([name, file]) => {
    const read = readBy(file, new Set());
    return [name, NAMES.filter((one) => read.includes(one))];
  }),
);

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

function tables(): string {
  const meanings = Object.entries(VARIABLES).map(
    ([name, { about, default: otherwise }]) => `| \`${name}\` | ${about} | ${otherwise} |`,
  );
  const groups = Map.groupBy(Object.entries(ENVIRONMENTS), ([, names]) => code(names));
  const rows = [...groups].map(
    ([names, functions]) => `| ${code(functions.map(([name]) => name))} | ${names || '–'} |`,
  );
  return `
| variable | meaning | default |
|---|---|---|
${meanings.join('\n')}

Every function reads the variables of Powertools and of tracing. Besides those:

| function | reads |
|---|---|
${rows.join('\n')}

`;
}

if (import.meta.main) {
  const text = readFileSync(FILE, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error('docs/configuration.md has lost its marks');
  const fresh = [before, BEGIN, tables(), END, after].join('');
  if (process.argv[2] !== '--check') writeFileSync(FILE, fresh);
  else if (text !== fresh) {
    console.error('docs/configuration.md is not what functions/wiring reads: npm run configuration');
    process.exitCode = 1;
  }
}
