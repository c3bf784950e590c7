/**
 * Runs the tests that show a feature on each engine, keeps in results/engines.json which of them passed on which version
 * and when, and writes the table of docs/engines.md from it. `--page` writes the table alone, `--check` only compares.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const RESULTS = join(root, 'results/engines.json');
const PAGE = join(root, 'docs/engines.md');
const [BEGIN, END] = [
  '<!-- npm run engines writes this from results/engines.json -->\n',
  '<!-- end of what it writes -->\n',
];

/** What is promised, and the tests that show it: files of test/engines, and of those only what has such a name. */
const FEATURES: Readonly<Record<string, { readonly files: readonly string[]; readonly like?: RegExp }>> = {
  'sessions: list, filters, pages, masked literals': { files: ['list'] },
  'open transactions': { files: ['list'], like: /open transaction/ },
  'who blocks whom': { files: ['blockers', 'blockers-scenes'] },
  'end and cancel, compared on the server': { files: ['kill'] },
  'one ID from the request to the server’s log': { files: ['one-id'] },
  'a cut statement, and one that ended by itself': { files: ['statement-record'] },
  'a rollback that goes on is followed': { files: ['pending'] },
  reapers: { files: ['reap'] },
  'a full server': { files: ['full-server'] },
  'the grants that our account lacks': { files: ['grants', 'account-grants'] },
  'TLS, and why a server refuses': { files: ['refusals'] },
  'what is not shown is unknown': { files: ['unknown'] },
  'tenants, two observers and a proxy, imitated before the kernel': { files: ['oceanbase-cluster', 'oceanbase-http'] },
  'routines like those of RDS': { files: ['rds'] },
};

/** By the first that its name has: the server that a test was on. */
const SERVERS: readonly { readonly name: string; readonly like: RegExp; readonly version: RegExp }[] = [
  {
    name: 'OceanBase kernel 4.3.5',
    like: /oceanbase 4\.3\.5|two observers|behind/i,
    version: /^engine: oceanbase 4\.3\.5 .*(seekdb-v[\d.]+)$/m,
  },
  { name: 'OceanBase kernel 1.4', like: /oceanbase/i, version: /^engine: oceanbase (?!4\.3\.5).*(seekdb-v[\d.]+)$/m },
  { name: 'MySQL', like: /mysql/i, version: /^engine: mysql (\d[\d.]+)/m },
  { name: 'MariaDB', like: /mariadb/i, version: /^engine: mariadb (\d[\d.]+)/m },
];

const results = z.array(
  z.strictObject({
    server: z.string(),
    version: z.string(),
    day: z.iso.date(),
    features: z.record(z.string(), z.strictObject({ passed: z.int(), failed: z.int() })),
  }),
);
type Results = z.infer<typeof results>;

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/** What a run of the tests says, by server and feature. @param said - what it printed @param day - when it was */
export function resultsOf(json: unknown, said: string, day: string): Results {
  const tests = report.parse(json).testResults.flatMap(({ name, assertionResults }) => {
    const file = /([\w-]+)\.test\.ts$/.exec(name)?.[1] ?? '';
    return assertionResults.map(({ fullName, status }) => ({ file, fullName, status }));
  });
  return SERVERS.flatMap(({ name, like, version }) => {
    const found = version.exec(said)?.[1];
    if (found === undefined) return [];
    const own = tests.filter(({ fullName }) => SERVERS.find((server) => server.like.test(fullName))?.like === like);
    const features = Object.entries(FEATURES).flatMap(([feature, { files, like: named = /^/ }]) => {
      const its = own.filter(({ file, fullName }) => files.includes(file) && named.test(fullName));
      const count = (wanted: string) => its.filter(({ status }) => status === wanted).length;
      const [passed, failed] = [count('passed'), count('failed')];
      return passed + failed === 0 ? [] : [[feature, { passed, failed }] as const];
    });
    return [{ server: name, version: found, day, features: Object.fromEntries(features) }];
  });
}

/** The results of a run in place of earlier ones on the same version. */
const merged = (earlier: Results, fresh: Results): Results =>
  [
    ...earlier.filter((one) => !fresh.some(({ server, version }) => server === one.server && version === one.version)),
    ...fresh,
  ].toSorted((one, other) => `${one.server} ${one.version}`.localeCompare(`${other.server} ${other.version}`));

function tableOf(all: Results): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const cell = ({ features }: Results[number], feature: string) => {
    const result = features[feature];
    if (result === undefined) return '–';
    return result.failed > 0
      ? `${result.failed} of ${result.passed + result.failed} failed`
      : `${result.passed} passed`;
  };
  return [
    '',
    row(['', ...all.map(({ server, version }) => `${server} (${version.replace('seekdb-v', 'seekdb ')})`)]),
    `|---|${all.map(() => '---|').join('')}`,
    row(['tested on', ...all.map(({ day }) => day)]),
    ...Object.entries(FEATURES).map(([feature, { files }]) => {
      const links = files.map((file) => `\`${file}\``).join(', ');
      return row([`${feature} (${links})`, ...all.map((one) => cell(one, feature))]);
    }),
    '',
    '',
  ].join('\n');
}

const readResults = (): Results => results.parse(JSON.parse(readFileSync(RESULTS, 'utf8')));

/** The page as it is, and as it should be. */
export function pageNow(): { readonly is: string; readonly should: string } {
  const is = readFileSync(PAGE, 'utf8');
  const [before, rest] = is.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error('docs/engines.md has lost its marks');
  return { is, should: [before, BEGIN, tableOf(readResults()), END, after].join('') };
}

function runTests(): void {
  const folder = mkdtempSync(join(tmpdir(), 'warden-matrix-'));
  try {
    const outputFile = join(folder, 'report.json');
    const files = [...new Set(Object.values(FEATURES).flatMap((feature) => feature.files))];
    const { stdout } = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/vitest/vitest.mjs'),
        ...['run', '--project', 'engines', '--reporter=default', '--reporter=json', `--outputFile=${outputFile}`],
        ...files.map((file) => `test/engines/${file}.test.ts`),
      ],
      { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 30 },
    );
    const day = new Date().toISOString().slice(0, 10);
    const fresh = resultsOf(JSON.parse(readFileSync(outputFile, 'utf8')), stdout, day);
    writeFileSync(RESULTS, `${JSON.stringify(merged(readResults(), fresh), null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const { is, should } = pageNow();
    if (is !== should) {
      console.error('docs/engines.md is not what results/engines.json says: npm run engines -- --page');
      process.exitCode = 1;
    }
  } else {
    if (!process.argv.includes('--page')) runTests();
    writeFileSync(PAGE, pageNow().should);
  }
}
