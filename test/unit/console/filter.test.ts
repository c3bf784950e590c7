import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../../client/api.d.ts';
import type { LockRole } from '../../../console/page/activity.ts';
import { parseFilter, quoted, wordsWithout } from '../../../console/page/filter.ts';
import { perColumn, SHOWN_COLUMNS } from '../../../lib/sessions/session.ts';

const aSession = (over: Partial<Session> = {}): Session => ({
  id: '42',
  user: 'app_web',
  host: '10.0.0.7:53211',
  db: 'shop',
  command: 'Sleep',
  time: 400,
  state: null,
  tag: 't',
  statement: null,
  transaction: null,
  protected: false,
  warden: false,
  own: false,
  ...perColumn(SHOWN_COLUMNS, () => null),
  unknown: [],
  ...over,
});
const busy = { command: 'Query', statement: { text: 'UPDATE orders SET a = ?', masked: true, tag: 's' } };
const holds = (line: string, over: Partial<Session> = {}, role?: LockRole) =>
  parseFilter(line).matches(aSession(over), role);

describe('the words of a filter', () => {
  it.each<[string, Partial<Session>, boolean | undefined]>([
    ['', {}, true],
    ['user=app_*', {}, true],
    ['user=app', {}, false],
    ['user!=app_web', {}, false],
    ['host=10.0.0.7', {}, true],
    ['host=10.0.*:53211', {}, true],
    ['db=-', {}, false],
    ['db=-', { db: null }, true],
    ['db="my shop"', { db: 'my shop' }, true],
    ['idle>5m', {}, true],
    ['idle=5m', {}, true],
    ['idle<5m', {}, false],
    ['idle>7m', {}, false],
    ['idle>5m', busy, false],
    ['busy>5m', busy, true],
    ['time>90', {}, true],
    ['idle>5m', { time: null }, undefined],
    ['trx=yes', {}, false],
    ['trx=no', {}, true],
    ['trx=yes', { unknown: [{ field: 'transaction', why: 'x' }] }, undefined],
    ['trx=no', { unknown: [{ field: 'transaction', why: 'x' }] }, undefined],
    ['trx>10s', { transaction: { id: null, state: 'ACTIVE', time: 12 } }, true],
    ['trx>10s', { transaction: { id: null, state: 'ACTIVE', time: null } }, undefined],
    ['text="update orders"', busy, true],
    ['orders', busy, true],
    ['orders', {}, false],
    ['shop idle>5m', {}, true],
    ['shop idle>5h', {}, false],
    ['user=x idle>5m', { time: null }, false],
    ['user=app*', { user: null, unknown: [{ field: 'user', why: 'x' }] }, undefined],
    ['user!=app*', { user: null, unknown: [{ field: 'user', why: 'x' }] }, undefined],
  ])('%s of %j', (line, over, expected) => {
    expect(holds(line, over)).toBe(expected);
    expect(parseFilter(line).wrong).toEqual([]);
  });

  it('knows who holds up others', () => {
    expect(holds('blocking=yes', {}, { holdsUp: 2, waits: null })).toBe(true);
    expect(holds('blocking=no', {}, { holdsUp: 2, waits: null })).toBe(false);
    expect(parseFilter('blocking=yes').matches(aSession(), null)).toBe(false);
    expect(holds('blocking=yes')).toBeUndefined();
    expect(holds('blocking=no')).toBeUndefined();
  });

  it.each(['idle>5', 'min=90'])('takes a number without a unit for seconds: %s', (line) => {
    expect(holds(line)).toBe(true);
  });

  it.each(['idle>x', 'trx=maybe', 'blocking=5m', 'user>5', 'nobody=1', 'idle!=5m'])(
    'says what is wrong with %s',
    (line) => {
      expect(parseFilter(line).wrong).toHaveLength(1);
    },
  );

  it('finds exactly the sessions of a group whose value it quotes, whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (user) => {
        fc.pre(user !== '-');
        expect(holds(`user=${quoted(user)}`, { user })).toBe(true);
      }),
    );
  });

  it('drops the words of one field and keeps the others', () => {
    expect(wordsWithout('a user=x idle>5m user="y z" b', 'user')).toEqual(['a', 'idle>5m', 'b']);
  });

  it('reads any line in linear time and without an error', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), (line) => parseFilter(line).matches(aSession(), undefined) !== null),
    );
  });
});
