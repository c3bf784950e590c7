import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Access } from '../../../../lib/privileges/access-rules.ts';
import { isOwn, mayEnd, mayView } from '../../../../lib/privileges/ownership-rule.ts';

// "With PROCESS you view all sessions. With SUPER you terminate all sessions and statements. Otherwise you view and
// terminate only your own."
const SENTENCE = [
  { process: false, super: false, own: false, view: false, end: false },
  { process: false, super: false, own: true, view: true, end: true },
  { process: true, super: false, own: false, view: true, end: false },
  { process: true, super: false, own: true, view: true, end: true },
  { process: false, super: true, own: false, view: false, end: true },
  { process: false, super: true, own: true, view: true, end: true },
  { process: true, super: true, own: false, view: true, end: true },
  { process: true, super: true, own: true, view: true, end: true },
];

const name = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text.trim() !== '' && text !== 'NULL');
const names = fc.uniqueArray(name, { maxLength: 4 });

describe('the seed rule', () => {
  it.each(SENTENCE)('PROCESS $process, SUPER $super, own $own: view $view, end $end', (row) => {
    fc.assert(
      fc.property(names, name, fc.boolean(), (others, user, fullStatements) => {
        const strangers = others.filter((other) => other !== user);
        const users = row.own ? [...strangers, user] : strangers;
        const access: Access = { process: row.process, super: row.super, users, fullStatements };
        expect(isOwn(access, { user })).toBe(row.own);
        expect(mayView(access, { user })).toBe(row.view);
        expect(mayEnd(access, { user })).toBe(row.end);
      }),
    );
  });

  it.each([[null], ['']])('makes a session with the user %j no one’s own', (user) => {
    const access: Access = { process: false, super: false, users: ['', ' ', 'NULL', 'null'], fullStatements: false };
    expect(isOwn(access, { user })).toBe(false);
    expect(mayView(access, { user })).toBe(false);
    expect(mayEnd(access, { user })).toBe(false);
  });

  it.each([['App'], ['app '], ['app2'], ['ap'], ['ａpp']])('does not take %j for app', (user) => {
    const access: Access = { process: false, super: false, users: ['app', '*'], fullStatements: false };
    expect(isOwn(access, { user })).toBe(false);
  });
});
