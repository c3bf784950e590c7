import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command as Commander } from 'commander';
import { RootConstruct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROUTES } from '../../functions/routes.ts';
import { VARIABLES } from '../../functions/wiring/environment.ts';
import { readStage } from '../../infra/stage-context.ts';
import { parseChatSecrets } from '../../lib/chatops/channels/load-channel.ts';
import { parseConfig } from '../../lib/config/config.ts';
import { ERRORS, type ErrorCode } from '../../lib/errors.ts';
import { OPERATIONS } from '../../lib/http/operations.ts';
import { reapForms } from '../../lib/http/requests.ts';
import { askedRuleSchema } from '../../lib/reaper/policy-schema.ts';
import { toCredentials } from '../../lib/targets/secrets-manager.ts';
import { createProgram } from '../../local/cli/program.ts';
import { matchRoute } from '../../local/gateway/gateway.ts';
import { COMMANDS, type Command, commandsOf, isNotRun, unusedKinds } from './commands.ts';
import { answerTo, type Block, blocksOf, type Inline, inlinesOf, PAGES, ROOT, textOf } from './pages.ts';
import { stepsOf } from './transcript.ts';

const at = ({ page, line }: Block | Inline): string => `${page}:${line}`;
const BLOCKS = PAGES.flatMap((page) => blocksOf(page));
const blocksNear = ({ page }: Block) => BLOCKS.filter((block) => block.page === page);
const ANSWERS = new Set(
  BLOCKS.flatMap((block) => answerTo(block, textOf(block.page), blocksNear(block)) ?? []).map((block) => at(block)),
);
const INLINES = PAGES.flatMap((page) => inlinesOf(page));
const inLanguage = (...languages: readonly string[]) => BLOCKS.filter(({ language }) => languages.includes(language));
const named = (blocks: readonly Block[]) => blocks.map((block) => [at(block), block] as const);

describe('every block', () => {
  const known = ['console', 'sh', 'json', 'yaml', 'ts', 'sql', 'http', 'ini', 'dockerfile', 'mermaid', 'text'];
  it.each(named(BLOCKS))('%s has a language that is checked', (_, { language }) => {
    expect(known).toContain(language);
  });

  it('that is a drawing is one of these', () => {
    expect(inLanguage('text', 'mermaid').map(({ page }) => page)).toEqual([
      'ARCHITECTURE.md',
      'docs/chat-ops.md',
      'docs/kills.md',
    ]);
  });

  it('in the drawing of ARCHITECTURE.md names folders and files that are there', () => {
    const parents: string[] = [];
    const paths = inLanguage('text')
      .filter(({ page }) => page === 'ARCHITECTURE.md')
      .flatMap(({ text }) => text.split('\n'))
      .flatMap((line) => {
        // What is described is far to the right, or goes on in a line of its own.
        const [, indent = '', names = ''] = /^( {0,6})((?:[\w-]+(?:\/|\.ts)(?: (?:· )?|$))+)/.exec(line) ?? [];
        const all = names.split(/[ ·]+/).filter((name) => name !== '');
        const depth = indent.length / 2;
        parents.splice(depth, parents.length, all[0] ?? '');
        return all.map((name) => join(...parents.slice(0, depth), name));
      });
    expect(paths.length).toBeGreaterThan(30);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

const scripts = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))).scripts;
const program = createProgram(
  {
    env: {},
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    sleep: async () => {},
  },
  () => {},
);

/** Words as a shell takes them apart. */
const wordsOf = (text: string): readonly string[] =>
  [...text.replace(/\s#.*$/s, '').matchAll(/(?:'[^']*'|"(?:\\.|[^"])*"|\\\n|[^\s'"])+/g)].map(([word]) =>
    word.replace(/^(['"])([\s\S]*)\1$/, '$2'),
  );

const POLICY_OPTIONS = new Set(
  ['policy-commands.ts', 'policy-import.ts'].flatMap((name) =>
    [...readFileSync(join(ROOT, 'local/cli', name), 'utf8').matchAll(/\b(\w+): \{ type: '(?:string|boolean)'/g)].map(
      ([, option = '']) => option,
    ),
  ),
);

/** Words of a `warden` that it does not know. */
function strangeWords([name = '', ...words]: readonly string[]): readonly string[] {
  if (name.startsWith('-')) return hasOption(program, name) || /^--(?:help|version)$/.test(name) ? [] : [name];
  const command = program.commands.find((one) => one.name() === name);
  if (command === undefined) return ['COMMAND', ''].includes(name) ? [] : [name];
  const verb = command.commands.find((one) => one.name() === words[0]);
  const isOption = (word: string) => /^--?[a-z]/.test(word) && word !== '--help';
  const end = words.findIndex((word) => word === '--' || word === '>');
  const own = words.slice(0, end < 0 ? words.length : end);
  // What takes a verb and reads the rest itself tells its options in its source alone.
  const isKnown = (word: string) =>
    hasOption(verb ?? command, word) ||
    hasOption(command, word) ||
    (name === 'policy' && POLICY_OPTIONS.has(word.replace(/^--/, '')));
  return own.filter((word) => isOption(word) && !isKnown(word));
}

const hasOption = (command: Commander, word: string): boolean =>
  command.options.some(({ long, short }) => [long, short].includes(word.split('=', 1)[0]));

/** Variables that our own programs read, and a few of the shell and of AWS. */
const READ = new Set([
  ...Object.keys(VARIABLES),
  ...['local', 'test', 'functions']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((name) => name.endsWith('.ts') && !name.startsWith('test/docs'))
    .flatMap((name) => [
      ...readFileSync(join(ROOT, name), 'utf8').matchAll(/\b[eE]nv(?:\['|\.)([A-Z_]+)|[{ ]([A-Z_]+): \w+ \} = /g),
    ])
    .flatMap(([, one, other]) => one ?? other ?? []),
  ...['XDG_CACHE_HOME', 'TOKEN', 'URL', 'REQUIRE_ENGINES', 'OCEANBASE_URL', 'MARIADB_URL', 'MYSQL_URL'],
]);

/** What is wrong with a command line, as far as that shows without running it. */
function wrongIn(text: string): readonly string[] {
  const lost = [...text.matchAll(/(?:^|[;\s])([A-Z][A-Z_]+)=/g)].flatMap(([, name = '']) =>
    READ.has(name) ? [] : [`nothing reads ${name}`],
  );
  const words = wordsOf(text.replace(/\\\n/g, ' ')).flatMap((word, index, all) =>
    /^[A-Z_]+=/.test(word) && all.slice(0, index).every((before) => /^[A-Z_]+=/.test(before)) ? [] : [word],
  );
  const others = words.indexOf('npx');
  if (words[0] === 'claude') return wrongIn(words.slice(others).join(' '));
  const [first = '', second = '', third = ''] = words;
  if (first === 'warden' || (first === 'npx' && second === 'warden'))
    return [...lost, ...strangeWords(words.slice(first === 'npx' ? 2 : 1)).map((word) => `warden: ${word}?`)];
  if (first === 'npm' && second === 'run') {
    const name = third === '--silent' ? (words[3] ?? '') : third;
    const contexts = name === 'deploy' ? contextErrors(words) : [];
    return [...lost, ...contexts, ...(name in scripts ? [] : [`npm run ${name}?`])];
  }
  const files = words.filter((word) => /^(?:test|results|local)\/.*\.\w+$/.test(word));
  return [...lost, ...files.filter((file) => !existsSync(join(ROOT, file))).map((file) => `${file}?`)];
}

/** `-c name=value` as the app reads it. */
function contextErrors(words: readonly string[]): readonly string[] {
  const context = words.flatMap((word, index) => (words[index - 1] === '-c' ? [word.split(/=(.*)/s, 2)] : []));
  const { node } = new RootConstruct();
  for (const [name = '', value] of context) node.setContext(name, value);
  try {
    readStage(node);
    return [];
  } catch (error) {
    return [String(error)];
  }
}

describe('every command', () => {
  const written: readonly (readonly [string, string])[] = [
    ...COMMANDS.map(({ block, text }) => [at(block), text] as const),
    ...INLINES.filter(({ text }) => /^(?:[A-Z_]+=\S+ )*(?:npx|warden|npm|curl|aws) /.test(text)).map(
      (inline) => [at(inline), inline.text] as const,
    ),
  ];

  it('is in words of a shell, and of our programs', () => {
    expect(written.length).toBeGreaterThan(100);
    expect(written.flatMap(([place, text]) => wrongIn(text).map((wrong) => `${place}: ${wrong}`))).toEqual([]);
  });

  it('that is wrong is found', () => {
    expect(wrongIn('WARDEN_APY=x npx warden sesions')).toEqual(['nothing reads WARDEN_APY', 'warden: sesions?']);
    expect(wrongIn('warden kill --usr app -- --else')).toEqual(['warden: --usr?']);
    expect(wrongIn('npm run --silent chart -- slack')).toEqual(['npm run chart?']);
    expect(wrongIn('npm run deploy -- -c stage=prod -c audiense=x')).toHaveLength(1);
    expect(wrongIn('npm test -- test/unit/none.test.ts')).toEqual(['test/unit/none.test.ts?']);
  });

  it('can be read by a shell', () => {
    const lines = COMMANDS.map(({ text }) => text.replace(/<[^>]*>/g, 'NAME'));
    expect(() => execFileSync('bash', ['-n'], { input: lines.join('\n'), stdio: 'pipe' })).not.toThrow();
  });

  it('is run, but for those of a list in which nothing is left over', () => {
    expect(unusedKinds(COMMANDS)).toEqual([]);
    expect(COMMANDS.filter((command: Command) => !isNotRun(command)).length).toBeGreaterThan(30);
  });
});

/** What of the API a `curl` asks for. */
function asked(text: string) {
  const method = /-X ([A-Z]+)/.exec(text)?.[1] ?? (/ -d /.test(text) ? 'POST' : 'GET');
  const [, address = ''] = /((?:https?:\/\/[\w.:-]+|\$api|\$URL)\/[^\s'"]*)/.exec(text) ?? [];
  const path = address.replace(/^\$api/, '/targets/shop').replace(/^(?:https?:\/\/[^/]+|\$URL)/, '');
  return { method, path };
}

const CURLS = [
  ...COMMANDS.map(({ block, text }) => ({ place: at(block), text })),
  ...INLINES.map((inline) => ({ place: at(inline), text: inline.text })),
].filter(({ text }) => /^curl .*(?:\/\/|\$api|\$URL)/s.test(text) && !text.includes('--aws-sigv4'));

describe('every call of the API', () => {
  it.each(CURLS.map(({ place, text }) => [place, text]))('%s is one that the API takes: %s', (_, text) => {
    const { method, path } = asked(text);
    const [plain = '', query = ''] = path.split('?');
    const match = matchRoute(ROUTES, method, plain);
    expect(match).toMatchObject({ route: { method } });
    if (!('route' in match)) return;
    const { request } = OPERATIONS[match.route.name];
    expect(request?.query.safeParse(Object.fromEntries(new URLSearchParams(query))).error).toBeUndefined();
  });

  const told = BLOCKS.flatMap((block) => {
    const answer = answerTo(block, textOf(block.page), blocksNear(block));
    const [last] = commandsOf(block).slice(-1);
    return answer === undefined || last === undefined ? [] : [[at(answer), last.text, answer.text] as const];
  });
  const shown = inLanguage('console').flatMap((block) =>
    stepsOf(block.text)
      .filter(({ command, output }) => /^curl /.test(command) && output.length > 0)
      .map(({ command, output }) => [at(block), command, output.join('')] as const),
  );
  it('is told with its answer', () => {
    expect(told).toHaveLength(ROUTES.length - 1);
  });

  it.each([...told, ...shown])('%s answers as the document says: %s', (_, command, answer) => {
    const { method, path } = asked(command);
    const match = matchRoute(ROUTES, method, path.split('?')[0] ?? '');
    if (!('route' in match)) throw new Error('no such route');
    expect(OPERATIONS[match.route.name].answer.safeParse(JSON.parse(answer)).error).toBeUndefined();
  });
});

const problem = z.strictObject({
  type: z.templateLiteral(['https://github.com/session-warden/session-warden/blob/main/docs/errors.md#', z.string()]),
  title: z.string(),
  status: z.number(),
  instance: z.string(),
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  hint: z.string(),
  requestId: z.string(),
});
const statement = z.strictObject({
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.record(z.string(), z.string()),
  Resource: z.string(),
  Action: z.array(z.string().regex(/^\w+:[\w*]+$/)),
  Condition: z.record(z.string(), z.record(z.string(), z.string())),
});
const clients = z.strictObject({
  mcpServers: z.strictObject({
    warden: z.strictObject({
      command: z.literal('npx'),
      args: z.array(z.string()),
      env: z.record(z.string(), z.string()),
    }),
  }),
});
const health = z.strictObject({
  status: z.literal('up'),
  targets: z.strictObject({ seen: z.number(), reachable: z.number() }),
});
const command = z.strictObject({ command: z.string(), post: z.string() });
const stop = z.strictObject({ reason: z.string() });
const trail = z.strictObject({ id: z.strictObject({ S: z.string() }) });

/** What JSON on a page is, and how it is checked. */
const JSON_KINDS: readonly { readonly has: RegExp; readonly check: (text: string) => unknown }[] = [
  {
    has: /"type": "https:/,
    check: (text) => {
      const read = problem.parse(JSON.parse(text));
      expect(read).toMatchObject(ERRORS[read.code]);
      expect(read.type).toMatch(new RegExp(`#${read.code}$`));
    },
  },
  { has: /"Effect"/, check: (text) => z.array(statement).parse(JSON.parse(`[${text}]`)) },
  { has: /"rule"|"reaper"/, check: (text) => z.parse(reapForms(askedRuleSchema), JSON.parse(text)) },
  {
    has: /^\{ "(?:slack|feishu|dingtalk|webhook|alert)"/,
    check: (text) => {
      const key = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
      parseChatSecrets(text.replaceAll('whsec_…', key).replaceAll('…', 'elided'));
    },
  },
  {
    has: /"mcpServers"/,
    check: (text) => {
      const { args, env } = clients.parse(JSON.parse(text)).mcpServers.warden;
      expect(wrongIn(args.join(' '))).toEqual([]);
      expect(Object.keys(env).filter((name) => !READ.has(name))).toEqual([]);
    },
  },
  { has: /"status":"up"/, check: (text) => health.parse(JSON.parse(text)) },
  { has: /"command"/, check: (text) => command.parse(JSON.parse(text)) },
  { has: /"reason"/, check: (text) => stop.parse(JSON.parse(text)) },
  { has: /"S":/, check: (text) => trail.parse(JSON.parse(text)) },
];

describe('JSON', () => {
  const pieces = [
    ...inLanguage('json')
      .filter((block) => !ANSWERS.has(at(block)))
      .map((block) => [at(block), block.text] as const),
    // In prose, names alone in braces are a form, and no JSON.
    ...INLINES.filter(({ text }) => /^\{ ?"\w+" ?:/.test(text) && !/\{ ?"\w+",/.test(text)).map(
      (inline) => [at(inline), inline.text] as const,
    ),
  ];
  it.each(pieces)('%s is what it is said to be', (_, text) => {
    const kind = JSON_KINDS.find(({ has }) => has.test(text));
    expect(kind).toBeDefined();
    kind?.check(text);
  });

  it('of a database’s secret is read as one', () => {
    const secrets = COMMANDS.flatMap(({ text }) => /--secret-string \\\n\s*'([^']+)'/.exec(text)?.[1] ?? []);
    expect(secrets).toHaveLength(1);
    for (const secret of secrets) expect(toCredentials(secret, 'shop').port).toBe(3306);
  });

  it('of an event for a machine names what a run sends', () => {
    const [block] = inLanguage('http');
    const [head = '', body = ''] = block?.text.split('\n\n') ?? [];
    expect(head.match(/^webhook-\w+/gm)).toEqual(['webhook-id', 'webhook-timestamp', 'webhook-signature']);
    const event = z.object({ data: z.object({ victims: z.array(z.record(z.string(), z.unknown())) }) });
    const [victim] = event.parse(JSON.parse(body)).data.victims;
    const source = readFileSync(join(ROOT, 'lib/chatops/messages/run-ended.ts'), 'utf8');
    const [, names = ''] = /type EndedVictim = Pick<\s*ReapVictim,\s*([^>]+)>/.exec(source) ?? [];
    expect(Object.keys(victim ?? {})).toEqual(names.match(/\w+/g));
  });
});

describe('YAML', () => {
  /** The part of warden.yaml, in the whole. */
  function whole(text: string): string {
    if (/^ {2}- name:/.test(text)) return `reapers:\n${text}`;
    if (!/^ {4}\w/.test(text)) return text;
    return `reapers:\n  - name: x\n    every: 1h\n    targets: ['*']\n    kill: connection\n    match: { idle: 1h }\n${text}`;
  }
  const manifest = (text: string) => text.includes('display_information');

  it.each(named(inLanguage('yaml').filter(({ text }) => !manifest(text))))('%s is of warden.yaml', (_, { text }) => {
    // A rule that is past its end is refused, and a page outlives the day.
    const now = new Date('2026-11-01T00:00:00Z');
    expect(() => parseConfig(whole(text), 'the page', { now })).not.toThrow();
  });

  it.each(named(inLanguage('yaml').filter(({ text }) => manifest(text))))(
    '%s has the address of a chat',
    (_, block) => {
      const read = z.object({ settings: z.object({ interactivity: z.object({ request_url: z.string() }) }) });
      const { settings } = read.parse(parse(block.text));
      expect(settings.interactivity.request_url).toBe('https://YOUR-API/chat/slack');
    },
  );
});

describe('TypeScript', () => {
  it('has the types of the package', () => {
    const folder = mkdtempSync(join(tmpdir(), 'warden-types-'));
    try {
      const files = inLanguage('ts').map((block, index) => {
        const [imports, rest] = [/^import .*\n/gm, /^(?!import ).*$/gm].map((kind) => block.text.match(kind) ?? []);
        const text = block.text.startsWith('export')
          ? block.text
          : [
              "import type { Construct } from 'constructs';\nimport type { IVpc } from 'aws-cdk-lib/aws-ec2';",
              "import type { DatabaseCluster } from 'aws-cdk-lib/aws-rds';",
              ...(imports ?? []),
              'export function example(this: Construct, vpc: IVpc, cluster: DatabaseCluster): void {',
              ...(rest ?? []),
              '}',
            ].join('\n');
        writeFileSync(join(folder, `page-${index}.ts`), text);
        return `page-${index}.ts`;
      });
      expect(files.length).toBeGreaterThan(1);
      mkdirSync(join(folder, 'pigeon'));
      writeFileSync(join(folder, 'pigeon/about.ts'), 'export const pigeon = 1;\n');
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      const compilerOptions = { paths: { 'session-warden': [join(ROOT, 'infra/index.ts')] } };
      const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: [], exclude: [], files };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      let said = '';
      try {
        execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], {
          encoding: 'utf8',
        });
      } catch (error) {
        said = error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
      }
      expect(said).toBe('');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a service and a container', () => {
  it.each(named(inLanguage('ini', 'dockerfile')))(
    '%s starts what there is, with variables that are read',
    (_, block) => {
      const lines = block.text.split('\n');
      const starts = lines.flatMap((line) => {
        const [, shell, list] = /^ExecStart=\S+ --no-install (.+)$|^CMD (\[.+\])$/.exec(line) ?? [];
        if (shell !== undefined) return [shell];
        return list === undefined ? [] : [z.array(z.string()).parse(JSON.parse(list)).join(' ')];
      });
      expect(starts).toHaveLength(1);
      const [start = ''] = starts;
      expect(wrongIn(start.replace(/^node node_modules\/session-warden\/bin\/warden\.js/, 'warden'))).toEqual([]);
      const names = lines.flatMap((line) =>
        /^(?:Environment=|ENV )/.test(line) ? [...line.matchAll(/\b([A-Z_]+)=/g)].map(([, name = '']) => name) : [],
      );
      expect(names.length).toBeGreaterThan(3);
      expect(names.filter((name) => !READ.has(name))).toEqual([]);
      expect(existsSync(join(ROOT, 'bin/warden.js'))).toBe(true);
    },
  );
});

it('the text of every page is read', () => {
  expect(PAGES.map(textOf).every((text) => text.startsWith('# '))).toBe(true);
});
