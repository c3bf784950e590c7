import { describe, expect, it } from 'vitest';
import { distinctWaits } from '../../../../../lib/database/connected-database.ts';
import type { Row } from '../../../../../lib/database/database.ts';
import type { LockReader } from '../../../../../lib/database/dialect.ts';
import { mariadbLockWaits } from '../../../../../lib/database/dialects/mariadb.ts';
import { mysqlLockWaits } from '../../../../../lib/database/dialects/mysql.ts';
import { oceanbaseLockWaits } from '../../../../../lib/database/dialects/oceanbase.ts';
import { aWait } from '../../reaper/a-session.ts';

/** Answers each statement by the first word of a table that stands in it; `null` is what the account may not read. */
function reading(answers: Readonly<Record<string, readonly Row[] | null>>): LockReader & { readonly asked: string[] } {
  const asked: string[] = [];
  const may = async (sql: string): Promise<readonly Row[] | null> => {
    asked.push(sql);
    return Object.entries(answers).find(([part]) => sql.includes(part))?.[1] ?? null;
  };
  return { asked, may, need: async (sql) => (await may(sql)) ?? [] };
}

const waiting = (id: string, state: string, text: string | null = null, more: Row = {}): Row => ({
  id,
  state,
  seconds: 5,
  db: 'shop',
  text,
  holder: null,
  ...more,
});
const TABLE = 'Waiting for table metadata lock';

describe('MySQL', () => {
  it('asks once where no one waits', async () => {
    const reader = reading({ 'p.STATE LIKE': [] });
    expect([await mysqlLockWaits(reader), reader.asked.length]).toEqual([[], 1]);
  });

  it('has a waiter whose holder is the server itself, which no one can end here', async () => {
    const row = { type: 'TABLE', db: 'shop', name: 't', status: 'GRANTED', mode: 'EXCLUSIVE', orphaned: 0, id: null };
    const pending = { ...row, status: 'PENDING', mode: 'SHARED_READ', id: '7' };
    const reader = reading({
      'p.STATE LIKE': [waiting('7', TABLE, 'select 1 from t')],
      'm.LOCK_STATUS': [row, pending],
      '@@performance_schema': [{ told: 1 }],
      setup_instruments: [],
      'metadata_locks LIMIT': [],
    });
    expect(await mysqlLockWaits(reader)).toEqual([
      {
        waiter: '7',
        blocker: null,
        lock: 'table metadata lock',
        seconds: 5,
        reason: expect.stringContaining('not tell'),
      },
    ]);
  });

  it('drops one that has its lock by the second look, where no one was found to hold it', async () => {
    let looks = 0;
    const reader: LockReader = {
      need: async () => (looks++ === 0 ? [waiting('7', 'Waiting for backup lock')] : []),
      may: async () => null,
    };
    expect(await mysqlLockWaits(reader)).toEqual([]);
  });

  it('takes no age of a clock that a session has set for seconds of waiting', async () => {
    for (const seconds of [-3, 4e9, null, 'x']) {
      const reader = reading({ 'p.STATE LIKE': [waiting('7', 'User lock', null, { seconds, holder: '9' })] });
      expect(await mysqlLockWaits(reader)).toEqual([{ waiter: '7', blocker: '9', lock: 'user lock', seconds: null }]);
    }
  });
});

describe('MariaDB', () => {
  const held = (id: string, mode: string, name = 't', type = 'table metadata lock'): Row => ({
    id,
    mode,
    type,
    db: 'shop',
    name,
  });
  const holders = async (waiter: Row, rows: readonly Row[]) =>
    (await mariadbLockWaits(reading({ 'p.STATE LIKE': [waiter], METADATA_LOCK_INFO: rows }))).map(
      ({ blocker, likely = false }) => [blocker, likely],
    );

  it('names who excludes what the statement asks for, and no one on another table', async () => {
    const rows = [held('1', 'SHARED_READ'), held('2', 'SHARED_NO_READ_WRITE'), held('3', 'SHARED_NO_READ_WRITE', 'u')];
    expect(await holders(waiting('7', TABLE, 'select * from t'), rows)).toEqual([['2', false]]);
  });

  it('names the one who can be it where the words tell no table, and all as likely where several can', async () => {
    const one = [held('1', 'SHARED_READ'), held('2', 'SHARED_NO_READ_WRITE')];
    expect(await holders(waiting('7', TABLE, 'select * from a_view'), one)).toEqual([['2', false]]);
    const two = [...one, held('3', 'SHARED_NO_READ_WRITE', 'u')];
    expect(await holders(waiting('7', TABLE, 'select * from a_view'), two)).toEqual([
      ['2', true],
      ['3', true],
    ]);
  });

  it('calls no one a holder who reads rows, where another waits to read some', async () => {
    expect(await holders(waiting('7', TABLE, 'select * from a_view'), [held('1', 'SHARED_READ')])).toEqual([
      [null, false],
    ]);
  });

  it('calls one on the same row that waits itself likely, where another holds it', async () => {
    const row = (waiter: string, blocker: string, queued: number): Row => ({ waiter, blocker, queued });
    const waits = await mariadbLockWaits(
      reading({
        'p.STATE LIKE': [waiting('2', 'row lock'), waiting('3', 'row lock')],
        innodb_lock_waits: [row('2', '1', 0), row('3', '1', 0), row('3', '2', 1)],
      }),
    );
    expect(waits.map(({ waiter, blocker, likely = false }) => [waiter, blocker, likely])).toEqual([
      ['2', '1', false],
      ['3', '1', false],
      ['3', '2', true],
    ]);
  });

  // Those that have changed nothing have no ID of their own.
  it.each([
    ['the only one that has read rows with a lock', ['1'], [['2', '1', false]]],
    [
      'any of several likely',
      ['1', '4'],
      [
        ['2', '1', true],
        ['2', '4', true],
      ],
    ],
  ])('calls a holder without an ID %s', async (_, blockers, expected) => {
    const waits = await mariadbLockWaits(
      reading({
        'p.STATE LIKE': [waiting('2', 'row lock')],
        innodb_lock_waits: blockers.map((blocker): Row => ({ waiter: '2', blocker, queued: 0, nameless: 1 })),
      }),
    );
    expect(waits.map(({ waiter, blocker, likely = false }) => [waiter, blocker, likely])).toEqual(expected);
  });
});

describe('OceanBase', () => {
  const told = async (rows: readonly Row[], more: Readonly<Record<string, readonly Row[]>> = {}) =>
    (await oceanbaseLockWaits('GV$')(reading({ 'l.BLOCK = 1': rows, ...more }))).map(({ waiter, blocker, lock }) => [
      waiter,
      blocker,
      lock,
    ]);
  const LISTED = { GV$OB_PROCESSLIST: [{ id: '5' }, { id: '6' }] };

  it('finds the holder of a table by its transaction, where the session is not told', async () => {
    const row = { waiter: '6', type: 'TM', transaction: '70', session: '4294967295', seconds: '2.5' };
    const holding = { 'l.BLOCK = 0': [{ transaction: '70', session: '5' }] };
    expect(await told([row], { ...LISTED, ...holding })).toEqual([['6', '5', 'table lock']]);
    expect(await told([row], LISTED)).toEqual([['6', null, 'table lock']]);
  });

  it('believes the lock where the list of sessions is kept from us', async () => {
    expect(await told([{ waiter: '6', type: 'TR', transaction: '70', session: '5', seconds: 1 }])).toEqual([
      ['6', '5', 'row lock'],
    ]);
  });

  it('knows who waits for a lock by name, and not for whom', async () => {
    expect(await told([], { __detect: [], 'detect\\_lock': [{ waiter: '6', seconds: 3 }] })).toEqual([
      ['6', null, 'user lock'],
    ]);
  });
});

it('each pair is told once: what is certain before what is likely, and the longest wait', () => {
  const likely = { likely: true, reason: 'r' } as const;
  const waits = [
    aWait('1', '2', 3, likely),
    aWait('1', '2', 1),
    aWait('1', '2', 9, likely),
    aWait('1', '2', 2),
    aWait('3', '3', 9),
  ];
  for (const inAnyOrder of [waits, waits.toReversed()]) expect(distinctWaits(inAnyOrder)).toEqual([aWait('1', '2', 2)]);
});
