import { expect, it } from 'vitest';
import { mayEnd, mayUseTarget, mayView, resolveAccess } from '../../lib/privileges/access-rules.ts';
import { judge } from '../../lib/sessions/kill/judge.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { aPrincipal, aRow, aRule, TARGETS } from './privilege-cases.ts';
import { rightOf } from './privilege-oracle.ts';
import { Random } from './random.ts';
import { tally } from './tally.ts';

const fuzz = tally(
  'Fuzz: privileges',
  'random rules, principals and sessions against an oracle of the rule in a few lines of its own',
);
const CASES = process.env['PRIVILEGE_CASES'] ? Number(process.env['PRIVILEGE_CASES']) : 1_000_000;

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
      const isNobody = row.user === null;
      const isOwn = row.user !== null && right.users.has(row.user);
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
        { access, needsPerson: false, requireTags: false, ownId, protectedUsers: ['backup'] },
      );
      const ofAgent = judge(
        [row],
        { id: row.id, kind, tag: null },
        { access, needsPerson: true, requireTags: true, ownId, protectedUsers: ['backup'] },
      );
      // An agent may less than the person for whom it acts, and nothing without an approval.
      if (ofAgent.do !== 'refused' && ofAgent.do !== 'no') wrong.push({ rules, principal, target, row, ofAgent });
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
