import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { NOT_KNOWN } from '../../lib/chatops/messages/in-words.ts';
import { accountGrants } from '../../lib/database/account-grants.ts';
import type { Engine } from '../../lib/database/database.ts';
import type { Principal } from '../../lib/privileges/principal.ts';
import { reap } from '../../lib/reaper/reap.ts';
import { undecidableInWords } from '../../lib/reaper/undecidable.ts';
import type { Services } from '../../lib/services.ts';
import { listBlockers } from '../../lib/sessions/blockers.ts';
import { killSession } from '../../lib/sessions/kill/kill.ts';
import { byWhom, resumeKills, stopKills } from '../../lib/sessions/kill/stop-kills.ts';
import { listSessions } from '../../lib/sessions/list-sessions.ts';
import { visible } from '../../lib/sessions/masking/visible.ts';
import { isSessionId, isUnknown } from '../../lib/sessions/session.ts';
import { checkTarget, type TargetHealth } from '../../lib/targets/check-target.ts';
import { targetsFromEnvironment } from '../../lib/targets/database-url.ts';
import { withTarget } from '../../lib/targets/with-target.ts';
import { headerFor } from '../gateway/token.ts';
import { auditFile, createLocalServices, readConfig } from '../services.ts';
import { UsageError } from './help.ts';
import { age, blockerTree } from './result-table.ts';

const ENGINES: Readonly<Record<string, { readonly engine: Engine; readonly managed: boolean }>> = {
  oceanbase: { engine: 'oceanbase', managed: false },
  mysql: { engine: 'mysql', managed: false },
  mariadb: { engine: 'mariadb', managed: false },
  'rds-mysql': { engine: 'mysql', managed: true },
  'rds-mariadb': { engine: 'mariadb', managed: true },
};

/** Neither may end the text that it stands in. */
const ACCOUNT = /^([^'"`\\@\s]{1,80})(?:@([^'"`\\@\s]{1,255}))?$/;

/**
 * SQL that gives a service account what it needs on an engine and no more, ready to be run by an administrator; asks no
 * server.
 *
 * @param account - `user` or `user@host`
 * @throws UsageError
 */
export function accountGrantsText(engineName: string, account = 'warden'): string {
  const engine = Object.hasOwn(ENGINES, engineName) ? ENGINES[engineName] : undefined;
  if (engine === undefined) throw new UsageError(`--engine: write one of ${Object.keys(ENGINES).join(', ')}`);
  const [, user, host = '%'] = ACCOUNT.exec(account) ?? [];
  if (user === undefined) throw new UsageError('--account: write user or user@host, without quotes');
  const { needed, forRules } = accountGrants(engine.engine, `'${user}'@'${host}'`, engine.managed);
  return [
    `-- CREATE USER '${user}'@'${host}' IDENTIFIED BY '…';`,
    ...needed.flatMap(({ effect, grant }) => [`-- Without it: ${effect}`, `${grant};`]),
    ...forRules.flatMap(({ grant }) => [
      '-- Only for access rules with `from-database`; it shows password hashes to the account:',
      `-- ${grant};`,
    ]),
  ].join('\n');
}

/** Who sits at this machine: the operator of the local default, by a name that shows up in the record. */
const principal: Principal = {
  source: 'jwt',
  subject: process.env['USER'] || 'operator',
  groups: ['operator'],
  claims: {},
};

const OPTIONS = {
  target: { type: 'string', default: 'local' },
  json: { type: 'boolean', default: false },
  user: { type: 'string' },
  command: { type: 'string' },
  query: { type: 'boolean', default: false },
  tag: { type: 'string' },
  reason: { type: 'string' },
  enforce: { type: 'boolean', default: false },
  grants: { type: 'boolean', default: false },
  oceanbase: { type: 'boolean', default: false },
  engine: { type: 'string' },
  account: { type: 'string' },
} as const;
const read = (args: readonly string[]) => parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
type Given = ReturnType<typeof read>;

/** What to print, and the exit code. */
interface Told {
  readonly text: string;
  readonly code: 0 | 1;
}
type Command = (services: Services, given: Given) => Promise<Told>;

const done = (text: string): Told => ({ text, code: 0 });
/** Cells of one row, none of which makes another row or cell. */
const row = (...cells: readonly string[]): string => cells.map(visible).join('\t');
const asJson = (value: unknown): Told => done(JSON.stringify(value, null, 2));

function only(given: Given, what: string): string {
  const [one, more] = given.positionals;
  if (one === undefined || more !== undefined) throw new UsageError(`write ${what}`);
  return one;
}

const sessions: Command = async (services, { values }) => {
  const { target, user, command, json } = values;
  const filters = { ...(user === undefined ? {} : { user }), ...(command === undefined ? {} : { command }) };
  const query = { sort: '-time', limit: 1000, full: false, ...filters } as const;
  const { sessions: found, undecided } = await listSessions(services, { principal, target, query });
  if (json) return asJson(found);
  const rows = found.map(({ id, command, time, statement, unknown, ...shown }) => {
    const cell = (field: 'user' | 'host' | 'db') => shown[field] ?? (isUnknown({ unknown }, field) ? NOT_KNOWN : '–');
    const runs = isUnknown({ unknown }, 'statement') || statement?.text === null ? NOT_KNOWN : (statement?.text ?? '');
    return row(id, cell('user'), cell('host'), cell('db'), command, age(time), runs);
  });
  const left = undecided === 0 ? [] : [`${undecided} left out: the server does not show what the filters ask for`];
  return done(['Id\tUser\tHost\tdb\tCommand\tTime\tStatement', ...rows, ...left].join('\n'));
};

const kill: Command = async (services, given) => {
  const id = only(given, 'one ID: warden kill ID');
  if (!isSessionId(id)) throw new UsageError('an ID is 1 to 20 decimal digits, the first not zero');
  const { target, query, tag = null, reason = null, json } = given.values;
  const result = await killSession(services, {
    principal,
    target,
    id,
    kind: query ? 'query' : 'connection',
    tag,
    reason,
    correlationId: randomUUID(),
    escalateAfter: null,
  });
  return json ? asJson(result) : done(`${id}: ${result.outcome}${result.hint === null ? '' : `. ${result.hint}`}`);
};

const runReaper: Command = async (services, given) => {
  const reaper = only(given, 'one reaper: warden reap NAME');
  const { target, enforce, json } = given.values;
  const correlationId = randomUUID();
  const report = await reap(services, { principal, target, reaper, dryRun: !enforce, correlationId });
  if (json) return { ...asJson(report), code: report.held === null ? 0 : 1 };
  const victims = report.victims.map(({ id, user, reasons, outcome, code }) =>
    row(id, user ?? '–', outcome ?? code ?? 'would end', reasons.join('; ')),
  );
  const held = report.held === null ? [] : [`Nothing was ended: ${report.held}`];
  return {
    text: [
      ...victims,
      `${victims.length} victims of ${report.sessions} sessions`,
      ...report.undecidable.map(undecidableInWords),
      ...held,
    ].join('\n'),
    code: held.length > 0 ? 1 : 0,
  };
};

const blockers: Command = async (services, { values: { target, json } }) => {
  const found = await listBlockers(services, { principal, target });
  if (json) return asJson(found.blockers);
  return done(
    found.blockers.length === 0
      ? 'No session waits for a lock.'
      : found.blockers.flatMap((node) => blockerTree(node).map(visible)).join('\n'),
  );
};

const inWords = (target: string, problem: TargetHealth['problem']): string =>
  [`${target} cannot be reached: ${problem?.code}.`, problem?.detail, problem?.hint].filter(Boolean).join(' ');

const doctor: Command = async (services, { values: { target, json, grants, oceanbase } }) => {
  const health = await checkTarget(services, { principal, target });
  if (oceanbase && health.reachable) {
    const survey = await withTarget(services, { principal, target }, (database) => database.survey());
    return { ...asJson({ health, survey }), code: 0 };
  }
  const code = health.reachable && health.missing.length === 0 ? 0 : 1;
  if (json) return { ...asJson(health), code };
  if (grants) return { text: health.missing.map(({ grant }) => `${grant};`).join('\n'), code };
  if (!health.reachable) return { text: inWords(target, health.problem), code };
  const missing = health.missing.map(({ name, effect, grant }) => `missing ${name}: ${effect}\n  ${grant};`);
  const undecidable = health.undecidable.flatMap((rule) => [
    `reaper ${rule.reaper}: ${undecidableInWords(rule)}`,
    ...rule.grants.map((grant) => `  ${grant};`),
  ]);
  return {
    text: [
      `${target}: ${health.engine} ${health.version}, ${health.latencyMs} ms`,
      ...(health.encryption?.weakness ? [health.encryption.weakness] : []),
      ...missing,
      ...undecidable,
    ].join('\n'),
    code,
  };
};

/** Asks the gateway of this user's `npm start`, with the token that it keeps. @throws UsageError */
async function call(args: readonly string[], env: Readonly<NodeJS.ProcessEnv>): Promise<Told> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { body: { type: 'string' } },
    allowPositionals: true,
  });
  const [method, path, more] = positionals;
  if (method === undefined || !path?.startsWith('/') || more !== undefined)
    throw new UsageError("write warden call METHOD PATH, such as: warden call GET '/targets/local/sessions?user=app'");
  const port = env['PORT'] || '8787';
  const authorization = headerFor(env, Number(port));
  const { body } = values;
  const headers = {
    ...(authorization !== undefined && { authorization }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers,
    ...(body !== undefined && { body }),
  }).catch((error: unknown) => {
    // A word that is no method, say.
    throw new UsageError(
      error instanceof TypeError && error.cause === undefined
        ? 'that is no request'
        : `nothing answers at port ${port}; is npm start running, on the same PORT?`,
    );
  });
  return { text: JSON.stringify(await answer.json(), null, 2), code: answer.ok ? 0 : 1 };
}

const stopOrResume =
  (isStop: boolean): Command =>
  async (services, { positionals, values }) => {
    const reason = positionals.join(' ');
    if (isStop && reason === '') throw new UsageError('write why: warden stop REASON');
    const caller = { principal, correlationId: randomUUID() };
    const view = isStop
      ? await stopKills(services, { ...caller, reason })
      : await resumeKills(services, { ...caller, reason: reason || null });
    if (values.json) return asJson(view);
    if (!view.stopped) return done('Kills are possible again.');
    return done(`Every kill is stopped${byWhom(view)}: ${view.reason}`);
  };

const COMMANDS: Readonly<Record<string, Command>> = {
  sessions,
  kill,
  reap: runReaper,
  blockers,
  doctor,
  stop: stopOrResume(true),
  resume: stopOrResume(false),
};

/** True for a command that talks to a server. */
export const isServerCommand = (name: string): boolean => name === 'call' || Object.hasOwn(COMMANDS, name);

/** Runs a command against `DATABASE_URL` or `TARGETS`, or the gateway. @throws UsageError, AppError */
export async function serverCommand(name: string, args: readonly string[], env = process.env): Promise<Told> {
  if (name === 'call') return call(args, env);
  const given = read(args);
  const { engine, account } = given.values;
  if (name === 'doctor' && engine !== undefined) return done(accountGrantsText(engine, account));
  const targets = targetsFromEnvironment(env);
  if (targets.size === 0) throw new UsageError('set DATABASE_URL, or TARGETS to a file of several');
  const services = createLocalServices(readConfig(env), targets, auditFile(env));
  try {
    return (await COMMANDS[name]?.(services, given)) ?? { text: '', code: 1 };
  } finally {
    services.close();
  }
}
