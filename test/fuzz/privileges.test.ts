import { expect, it } from 'vitest';
import type { AccessRule } from '../../lib/config-schema.ts';
import { mayUseTarget, resolveAccess } from '../../lib/privileges/access-rules.ts';
import type { Principal } from '../../lib/privileges/principal.ts';
import { mayEnd, mayView } from '../../lib/privileges/seed-rule.ts';
import { judge } from '../../lib/sessions/judge.ts';
import { type Session, sessionId } from '../../lib/sessions/session.ts';
import { aSession, running } from '../unit/lib/reaper/a-session.ts';
import { Random } from './random.ts';
import { tally } from './tally.ts';

const fuzz = tally(
  'Fuzz: privileges',
  'random rules, principals and sessions against an oracle of the rule in a few lines of its own',
);
const CASES = process.env['PRIVILEGE_CASES'] ? Number(process.env['PRIVILEGE_CASES']) : 1_000_000;

const TARGETS = ['shop', 'shop-prod', 'dwh', 'a'] as const;
const NAMES = ['app', 'report', 'ann', 'App', 'root', 'a*', '', 'NULL', 'backup', 'mysql.sys'] as const;
const SUBJECTS = ['ann', 'bob', 'a*', 'ann@example.com'] as const;
const GROUPS = ['dba', 'dev', 'a'] as const;
const GLOBS = ['*', '*', '*', 'a*', 'ann', 'bob', '*b*', 'dba', 'd*', 'nobody'] as const;
const TEMPLATES = ['app', 'report', '{sub}', '{email.local}', 'x_{sub}', '{team}', 'root'] as const;
const COMMANDS = ['Sleep', 'Query', 'Sleep', 'Query', 'Execute', 'Binlog Dump', 'Daemon'] as const;

function aPrincipal(random: Random): Principal {
  const subject = random.one(SUBJECTS);
  const email = random.one(['ann@example.com', 'bob@other.org', 'no-address', '@', 'a@b@c']);
  const claims: Record<string, string> = {};
  if (random.chance(60)) claims['email'] = email;
  if (random.chance(30)) claims['email_verified'] = random.one(['true', 'false', '']);
  if (random.chance(30)) claims['team'] = random.one(['app', 'x', '']);
  return { source: random.one(['jwt', 'iam'] as const), subject, groups: random.some(GROUPS, 2), claims };
}

function aRule(random: Random): AccessRule {
  const who: Record<string, unknown> = {};
  if (random.chance(60)) who['sub'] = random.one(GLOBS);
  if (random.chance(25)) who['group'] = random.one(GLOBS);
  if (random.chance(10)) who['email'] = random.one(['*@example.com', '*', 'bob@*']);
  if (random.chance(10)) who['claim'] = { team: random.one(GLOBS) };
  return {
    who,
    targets: [random.one(['*', 'shop*', 'dwh', '*-prod'])],
    privileges: random.chance(25) ? 'from-database' : random.some(['PROCESS', 'SUPER'] as const, 2),
    users: random.some(TEMPLATES, 2),
    statements: random.one(['masked', 'full']),
  };
}

const aRow = (random: Random): Session =>
  aSession({
    id: String(1 + random.below(12)),
    user: random.chance(10) ? null : random.one(NAMES),
    command: random.one(COMMANDS),
    statement: random.chance(50) ? running('SELECT 1') : null,
  });

/** `*` is any run of characters. Not the product's own: a regular expression, which may be slow and cannot be wrong. */
const patterns = new Map<string, RegExp>();
function fits(glob: string, text: string | undefined): boolean {
  if (text === undefined) return false;
  const pattern =
    patterns.get(glob) ??
    new RegExp(
      `^${glob
        .split('*')
        .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
        .join('[^]*')}$`,
    );
  patterns.set(glob, pattern);
  return pattern.test(text);
}

interface Right {
  process: boolean;
  super: boolean;
  readonly users: Set<string>;
}

/** What the principal has, written down from docs/configuration.md without a look at the code. */
function rightOf(
  rules: readonly AccessRule[],
  principal: Principal,
  target: string,
  held: ReadonlyMap<string, Right>,
): Right {
  const right: Right = { process: false, super: false, users: new Set() };
  const parts = (principal.claims['email'] ?? '').split('@');
  const isVerified = [undefined, 'true'].includes(principal.claims['email_verified']);
  const email = isVerified && parts.length === 2 && parts[0] && parts[1] ? principal.claims['email'] : undefined;
  const values: Record<string, string | undefined> = {
    sub: principal.subject,
    email,
    'email.local': email && parts[0],
    team: principal.claims['team'] || undefined,
  };
  for (const { who, targets, users, privileges } of rules) {
    if (!targets.some((glob) => fits(glob, target))) continue;
    if (Object.keys(who).length === 0) continue;
    if (who.sub !== undefined && !fits(who.sub, values['sub'])) continue;
    if (who.email !== undefined && !fits(who.email, values['email'])) continue;
    if (who.group !== undefined && !principal.groups.some((group) => fits(who.group ?? '', group))) continue;
    if (who.claim?.['team'] !== undefined && !fits(who.claim['team'], values['team'])) continue;
    const own = users.flatMap((template) => {
      const name = /\{(.*)\}/.exec(template)?.[1];
      const value = name === undefined ? '' : values[name];
      return value === undefined ? [] : [template.replace(/\{.*\}/, () => value)];
    });
    for (const user of own) right.users.add(user);
    const given =
      privileges === 'from-database'
        ? {
            process: own.length > 0 && own.every((user) => held.get(user)?.process),
            super: own.length > 0 && own.every((user) => held.get(user)?.super),
          }
        : { process: privileges.includes('PROCESS'), super: privileges.includes('SUPER') };
    right.process ||= given.process;
    right.super ||= given.super;
  }
  return right;
}

const PROTECTED_COMMANDS = ['Binlog Dump', 'Daemon'];

it(`agrees with the oracle in ${CASES.toLocaleString('en')} cases`, { timeout: 600_000 }, async () => {
  const random = new Random(20_261_124);
  const wrong: unknown[] = [];
  const counts = { view: 0, end: 0, kill: 0 };
  const perRound = 20;
  for (let round = 0; round < CASES / perRound; round++) {
    const principal = aPrincipal(random);
    const rules = Array.from({ length: random.below(5) }, () => aRule(random));
    const target = random.one(TARGETS);
    const held = new Map(
      ['app', 'report', 'ann', 'root', 'bob'].map((user) => [
        user,
        { process: random.chance(50), super: random.chance(30), users: new Set<string>() },
      ]),
    );
    // As the database does: for all users of a rule at once, and only what each of them holds.
    const privilegesOf = async (users: readonly string[]) => ({
      process: users.every((user) => held.get(user)?.process === true),
      super: users.every((user) => held.get(user)?.super === true),
    });
    const access = await resolveAccess(rules, principal, target, privilegesOf);
    const right = rightOf(rules, principal, target, held);
    const ownId = sessionId('3');
    for (let case_ = 0; case_ < perRound; case_++) {
      const row = aRow(random);
      const isNobody = row.user === null || row.user === '' || row.user === 'NULL';
      const isOwn = !isNobody && row.user !== null && right.users.has(row.user);
      const view = right.process || isOwn;
      const end = right.super || isOwn;
      const isProtected =
        row.id === ownId ||
        isNobody ||
        row.user === 'mysql.sys' ||
        row.user === 'backup' ||
        PROTECTED_COMMANDS.includes(row.command);
      const kind = random.one(['connection', 'query'] as const);
      const expected =
        !view && !end
          ? 'session-not-found'
          : isProtected
            ? 'protected'
            : !end
              ? 'not-allowed'
              : kind === 'query' && row.statement === null
                ? 'nothing-running'
                : 'kill';
      const verdict = judge(
        [row],
        { id: row.id, kind, tag: null },
        { access, requireTags: false, ownId, protectedUsers: ['backup'] },
      );
      const got = 'code' in verdict ? verdict.code : verdict.do;
      if (mayView(access, row) !== view || mayEnd(access, row) !== end || got !== expected)
        wrong.push({ rules, principal, target, row, expected, got });
      if (view) counts.view += 1;
      if (end) counts.end += 1;
      if (got === 'kill') counts.kill += 1;
      // Who may neither view nor end anything may not use the target for anything either, unless the rule's users hold nothing.
      if ((view || end) && !mayUseTarget(rules, principal, target))
        wrong.push({ rules, principal, target, got: 'no target' });
    }
  }
  fuzz.tried(CASES);
  expect(wrong.slice(0, 1)).toEqual([]);
  // Each answer was given often enough to mean something.
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(CASES / 100);
});
