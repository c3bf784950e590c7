/** Writes what docs/ has from the code: two documents for other programs, and the environment of each function. With `--check` it fails where one is not fresh. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { CHAT_ROUTES, CHAT_WORKERS, CONSOLE_ROUTES, ROUTES, SCHEDULED } from '../functions/routes.ts';
import { VARIABLES, type VariableName } from '../functions/wiring/environment.ts';
import { configSchema } from '../lib/config/config-schema.ts';
import { createOpenApi } from '../lib/http/openapi.ts';

const DOCS = new URL('../docs/', import.meta.url);
const asText = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;

/** The text of docs/openapi.json as it should be now. */
export function openApiText(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return asText(createOpenApi(ROUTES, version));
}

/** For editors. */
const schemaText = (): string => asText({ title: 'warden.yaml', ...z.toJSONSchema(configSchema, { io: 'input' }) });

const FUNCTIONS = new URL('../functions/', import.meta.url);
const [BEGIN, END] = [
  '<!-- npm run schema writes this from functions/wiring/environment.ts -->\n',
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

/** The page with its tables as they should be now. */
function configurationText(): string {
  const [before, rest] = readFileSync(new URL('configuration.md', DOCS), 'utf8').split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error('docs/configuration.md has lost its marks');
  return [before, BEGIN, tables(), END, after].join('');
}

if (import.meta.main) {
  const documents = {
    'openapi.json': openApiText(),
    'warden.schema.json': schemaText(),
    'configuration.md': configurationText(),
  };
  for (const [name, text] of Object.entries(documents)) {
    const file = new URL(name, DOCS);
    if (process.argv[2] !== '--check') writeFileSync(file, text);
    else if (readFileSync(file, 'utf8') !== text) {
      console.error(`docs/${name} is not what the code says: npm run schema`);
      process.exitCode = 1;
    }
  }
}
