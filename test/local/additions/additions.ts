import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A change to one file: a new one, or text put before or behind what stands there once. */
export type Patch =
  | { readonly file: string; readonly content: string }
  | { readonly file: string; readonly after: string; readonly insert: string };

/** What someone adds, and how little it takes. */
export interface Addition {
  /** The row of "Where do I change …" in ARCHITECTURE.md that says where. */
  readonly row: string;
  readonly patches: readonly Patch[];
}

const KESTREL = `import type { Dialect } from '../dialect.ts';
import { mariadb } from './mariadb.ts';

/** Kestrel speaks as MariaDB does. */
export const kestrel: Dialect = { ...mariadb, engine: 'kestrel', kill: ({ id }) => \`STOP SESSION \${id}\` };
`;

const COUNT_SESSIONS = `import { json } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { countSessionsRequest } from '../lib/http/requests.ts';
import type { Services } from '../lib/services.ts';
import { listSessions } from '../lib/sessions/list-sessions.ts';
import { services } from './wiring/deployed-services.ts';

/** GET /targets/{target}/count: how many sessions the caller may view. */
export const createHandler = (load: () => Promise<Services>) =>
  httpPipeline(load, countSessionsRequest, async ({ services, principal, path }) => {
    const query = { sort: 'id', limit: 1000, full: false } as const;
    const { sessions } = await listSessions(services, { principal, target: path.target, query });
    return json(200, { count: sessions.length });
  });

/** What Lambda calls. */
export const handler = createHandler(services);
`;

const PIGEON = join(import.meta.dirname, 'pigeon');
const CHANNELS = 'lib/chatops/channels';

export const ADDITIONS: readonly Addition[] = [
  {
    row: 'an engine, or add one',
    patches: [
      { file: 'lib/database/dialects/kestrel.ts', content: KESTREL },
      { file: 'lib/database/database.ts', after: "ENGINES = ['oceanbase', ", insert: "'kestrel', " },
      {
        file: 'lib/database/dialects/index.ts',
        after: "import type { Dialect } from '../dialect.ts';\n",
        insert: "import { kestrel } from './kestrel.ts';\n",
      },
      { file: 'lib/database/dialects/index.ts', after: 'DIALECTS = { ', insert: 'kestrel, ' },
      {
        file: 'lib/database/dialects/index.ts',
        after: 'dialectOf(version: string): Dialect {\n',
        insert: '  if (/kestrel/i.test(version)) return DIALECTS.kestrel;\n',
      },
    ],
  },
  {
    row: 'a chat platform, or add one',
    patches: [
      ...readdirSync(PIGEON).map((name) => ({
        file: `${CHANNELS}/pigeon/${name.replace('.txt', '')}`,
        content: readFileSync(join(PIGEON, name), 'utf8'),
      })),
      {
        file: `${CHANNELS}/index.ts`,
        after: "export { feishu } from './feishu/about.ts';\n",
        insert: "export { pigeon } from './pigeon/about.ts';\n",
      },
    ],
  },
  {
    row: 'a field of a rule',
    patches: [
      {
        file: 'lib/reaper/condition-schema.ts',
        after: 'const fields = {\n',
        insert: "  local: flag('Its client is, or is not, on the machine of the server.').optional(),\n",
      },
      {
        file: 'lib/reaper/condition-schema.ts',
        after: 'export interface Condition {\n',
        insert: '  readonly local?: boolean | undefined;\n',
      },
      { file: 'lib/reaper/asked.ts', after: 'ASKED = {\n', insert: "  local: ['host'],\n" },
      {
        file: 'lib/reaper/match.ts',
        after: "const flagTest = (name: 'inTransaction' ",
        insert: "| 'local' ",
      },
      {
        file: 'lib/reaper/match.ts',
        after: 'const tests: Test[] = [];\n',
        insert: `  if (condition.local !== undefined)
    tests.push(
      flagTest('local', condition.local, ({ session }) =>
        isUnknown(session, 'host') ? undefined : session.host?.startsWith('localhost') === true,
      ),
    );
`,
      },
    ],
  },
  {
    row: 'a column of a session, or add one',
    patches: [
      {
        file: 'lib/sessions/session.ts',
        after: 'ENGINE_COLUMNS = {\n',
        insert: `  driver: {
    type: 'text',
    from: 'row',
    words: 'the driver',
    about: 'MariaDB only: the driver.',
    filter: { about: 'Driver, on MariaDB', example: 'jdbc' },
  },
`,
      },
      {
        file: 'lib/database/dialects/mariadb.ts',
        after: "    memory: 'p.MEMORY_USED',\n",
        insert: "    driver: 'p.DRIVER',\n",
      },
    ],
  },
  {
    row: 'a function, or add one',
    patches: [
      { file: 'functions/count-sessions.ts', content: COUNT_SESSIONS },
      {
        file: 'functions/routes.ts',
        after: 'export const ROUTES = [\n',
        insert: "  { method: 'GET', path: '/targets/{target}/count', name: 'count-sessions', anonymous: false },\n",
      },
      {
        file: 'lib/http/operations.ts',
        after: 'const TABLE = {\n',
        insert: `  'count-sessions': {
    ...plain,
    tag: 'Sessions',
    summary: 'How many sessions you may view',
    request: requests.countSessionsRequest,
    answer: z.strictObject({ count: z.number() }),
    codes: TARGET,
  },
`,
      },
      {
        file: 'lib/http/requests.ts',
        after: 'export const listBlockersRequest = shape({ ...read, path: targetPath, query: noQuery });\n',
        insert: `
/** GET /targets/{target}/count */
export const countSessionsRequest = shape({ ...read, path: targetPath, query: noQuery });
`,
      },
      {
        file: 'infra/function-table.ts',
        after: "  'list-blockers': request('looks', LOOK),\n",
        insert: "  'count-sessions': request('looks', [...LOOK, 'record-reads']),\n",
      },
      {
        file: 'local/gateway/load-routes.ts',
        after: "  'list-sessions': () => import('../../functions/list-sessions.ts'),\n",
        insert: "  'count-sessions': () => import('../../functions/count-sessions.ts'),\n",
      },
    ],
  },
];
