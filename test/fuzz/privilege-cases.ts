import type { AccessRule } from '../../lib/config/config-schema.ts';
import type { Principal } from '../../lib/privileges/principal.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { aSession, running } from '../unit/lib/reaper/a-session.ts';
import type { Random } from './random.ts';

export const TARGETS = ['shop', 'shop-prod', 'dwh', 'a'] as const;
const NAMES = ['app', 'report', 'ann', 'App', 'root', 'a*', '', 'NULL', 'backup', 'mysql.sys'] as const;
const SUBJECTS = ['ann', 'bob', 'a*', 'ann@example.com'] as const;
const GROUPS = ['dba', 'dev', 'a'] as const;
const GLOBS = ['*', '*', '*', 'a*', 'ann', 'bob', '*b*', 'dba', 'd*', 'nobody'] as const;
const TEMPLATES = ['app', 'report', '{sub}', '{email.local}', 'x_{sub}', '{team}', 'root'] as const;
const COMMANDS = ['Sleep', 'Query', 'Sleep', 'Query', 'Execute', 'Binlog Dump', 'Daemon'] as const;

export function aPrincipal(random: Random): Principal {
  const subject = random.one(SUBJECTS);
  const email = random.one(['ann@example.com', 'bob@other.org', 'no-address', '@', 'a@b@c']);
  const claims: Record<string, string> = {};
  if (random.chance(60)) claims['email'] = email;
  if (random.chance(30)) claims['email_verified'] = random.one(['true', 'false', '']);
  if (random.chance(30)) claims['team'] = random.one(['app', 'x', '']);
  return { source: random.one(['jwt', 'iam'] as const), subject, groups: random.some(GROUPS, 2), claims };
}

export function aRule(random: Random): AccessRule {
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

export const aRow = (random: Random): Session =>
  aSession({
    id: String(1 + random.below(12)),
    user: random.chance(10) ? null : random.one(NAMES),
    command: random.one(COMMANDS),
    statement: random.chance(50) ? running('SELECT 1') : null,
  });
