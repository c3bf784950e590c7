import { expect, it } from 'vitest';
import { toSessions } from '../../../../lib/database/read-sessions.ts';
import { type Access, isOwn, mayEnd, mayView } from '../../../../lib/privileges/access-rules.ts';
import { sessionId } from '../../../../lib/sessions/session.ts';

const OWN = sessionId('1');
const row = (id: string, over: object) => ({ id, server: 's', user: 'app', command: 'Sleep', time: 1, ...over });
const rows = [
  row('1', { user: 'warden', command: 'Query', text: 'SELECT 1', tenant: 'sys' }),
  row('2', { tenant: 'sys' }),
  row('3', { tenant: 'shop' }),
  row('4', { user: 'warden', tenant: 'sys', program: 'session-warden' }),
  row('5', { user: 'warden', tenant: 'sys', command: 'Query', text: '/* session-warden 7 */ SELECT 1' }),
  row('6', { user: 'app', tenant: 'sys', program: 'session-warden' }),
  row('7', { user: 'warden', tenant: 'sys', command: 'Query', text: 'SELECT /* session-warden 7 */ 1' }),
];
const access: Access = { process: false, super: false, users: ['app'], fullStatements: false };

it('a user of another tenant is another user, whom a rule names with the tenant', () => {
  const [, own, foreign] = toSessions(rows, OWN);
  if (own === undefined || foreign === undefined) throw new Error('two rows are missing');
  expect([own.foreignTenant, foreign.foreignTenant]).toEqual([undefined, 'shop']);
  expect([mayView(access, own), mayEnd(access, own)]).toEqual([true, true]);
  expect([mayView(access, foreign), mayEnd(access, foreign)]).toEqual([false, false]);
  expect(isOwn({ ...access, users: ['app@shop'] }, foreign)).toBe(true);
  expect(isOwn({ ...access, users: ['app@shop'] }, own)).toBe(false);
  // Where no tenant is told there is one.
  for (const { foreignTenant } of toSessions(
    rows.map(({ tenant: _, ...rest }: Record<string, unknown>) => rest),
    OWN,
  ))
    expect(foreignTenant).toBeUndefined();
});

it('a connection of ours is one of our own account that bears our name', () => {
  const ours = toSessions(rows, OWN).filter(({ isWarden }) => isWarden);
  expect(ours.map(({ id }) => id)).toEqual(['4', '5']);
});
