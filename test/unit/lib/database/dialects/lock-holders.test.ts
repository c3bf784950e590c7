import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdersOf, type Lock } from '../../../../../lib/database/dialects/innodb-lock-waits.ts';
import {
  BACKUP_MODES,
  type LockModes,
  OBJECT_MODES,
  SCOPED_MODES,
  TABLE_MODES,
} from '../../../../../lib/database/dialects/lock-requests.ts';
import { sessionId } from '../../../../../lib/sessions/session.ts';

const lock = (owner: number | null, mode: string, object = 't', modes: LockModes = OBJECT_MODES): Lock => ({
  owner: owner === null ? null : sessionId(String(owner)),
  object,
  modes,
  mode,
});

describe('which locks exclude each other', () => {
  const ALL = { SCOPED_MODES, OBJECT_MODES, TABLE_MODES, BACKUP_MODES };

  it.each(Object.entries(ALL))('%s names no mode that it does not know', (_name, modes) => {
    for (const { granted, pending } of Object.values(modes))
      for (const mode of [...granted, ...pending]) expect(Object.keys(modes)).toContain(mode);
  });

  // Of MariaDB's lock for backups that is not so: a stage is not kept out by those whom it keeps out.
  it.each(Object.entries({ SCOPED_MODES, OBJECT_MODES, TABLE_MODES }))('%s is the same both ways', (_name, modes) => {
    const pairs = (one: [string, { granted: readonly string[] }]) =>
      one[1].granted.map((other) => [one[0], other].join());
    const excluded = new Set(Object.entries(modes).flatMap(pairs));
    for (const pair of excluded) expect(excluded).toContain(pair.split(',').toReversed().join());
  });
});

describe('who holds up a request', () => {
  const ids = (request: Lock, granted: readonly Lock[], pending: readonly Lock[] = []) =>
    holdersOf(request, granted, pending).map(({ blocker }) => blocker);

  it('is another one that holds what it excludes, on the same thing', () => {
    const granted = [
      lock(1, 'SHARED_READ'),
      lock(2, 'SHARED_READ', 'u'),
      lock(3, 'SHARED_READ'),
      lock(null, 'SHARED_WRITE'),
    ];
    expect(ids(lock(3, 'EXCLUSIVE'), granted)).toEqual(['1', null]);
    expect(ids(lock(3, 'SHARED_WRITE'), granted)).toEqual([]);
  });

  it('is one who waits and comes first, if no one holds what it excludes', () => {
    const pending = [lock(2, 'EXCLUSIVE'), lock(3, 'SHARED_READ'), lock(4, 'SHARED_WRITE')];
    expect(ids(lock(3, 'SHARED_READ'), [lock(1, 'SHARED_READ')], pending)).toEqual(['2']);
    expect(ids(lock(4, 'SHARED_WRITE'), [lock(1, 'SHARED_READ_ONLY')], pending)).toEqual(['1']);
    expect(ids(lock(5, 'EXCLUSIVE'), [lock(1, 'SHARED_READ')], pending)).toEqual(['1']);
  });

  it('is never the one who asks, and no one where a mode is not known', () => {
    const aMode = fc.constantFrom(...Object.keys(OBJECT_MODES));
    const locks = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), aMode));
    fc.assert(
      fc.property(aMode, locks, locks, (mode, granted, pending) => {
        const made = (all: readonly (readonly [number, string])[]) => all.map(([owner, of]) => lock(owner, of));
        expect(ids(lock(1, mode), made(granted), made(pending))).not.toContain('1');
      }),
    );
    expect(ids(lock(1, 'SHARED_SOMETHING'), [lock(2, 'EXCLUSIVE')])).toEqual([]);
  });
});
