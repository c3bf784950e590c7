import { encodeTime } from 'ulid';
import { describe, expect, it } from 'vitest';
import { toItem } from '../../../../lib/audit/dynamodb/audit-item.ts';
import { type TrailEvent, type TrailItem, verifyTrail } from '../../../../lib/audit/verify-trail.ts';
import { anIntent } from '../../../contract/an-intent.ts';

const START = Date.parse('2026-11-24T08:00:00Z');
const MINUTE = 60_000;
/** When table and trail are read. */
const NOW = START + 60 * MINUTE;
const idAt = (time: number, suffix = 'A') => encodeTime(time, 10) + suffix.repeat(16);
const ID = idAt(START);

const written = (id = ID, kind: 'connection' | 'read' = 'connection'): TrailItem => {
  const outcome = kind === 'read' ? ({ outcome: 'shown', proven: true, detail: null } as const) : undefined;
  return toItem(id, anIntent({ kind, approver: null }), 400, outcome) as TrailItem;
};
const closed = (item: TrailItem, more: TrailItem = {}): TrailItem => {
  const { open: _open, ...rest } = item;
  return {
    ...rest,
    outcome: { S: 'terminated' },
    proven: { BOOL: true },
    outcomeAt: { S: 'then' },
    closedBy: { S: 'u' },
    ...more,
  };
};

let sequence = 0;
function change(
  old: TrailItem | undefined,
  now: TrailItem | undefined,
  over: Partial<TrailEvent> = {},
  at = START,
): TrailEvent {
  sequence += 1;
  const id = (now ?? old)?.['id'];
  return {
    eventID: `e${sequence}`,
    eventName: old === undefined ? 'INSERT' : now === undefined ? 'REMOVE' : 'MODIFY',
    dynamodb: {
      ApproximateCreationDateTime: at / 1000,
      Keys: { id },
      ...(now && { NewImage: now }),
      ...(old && { OldImage: old }),
      // Longer than a double is exact.
      SequenceNumber: `9007199254740993000${String(sequence).padStart(4, '0')}`,
    },
    ...over,
  };
}
/** The life of a record: an intent, pending once, and its outcome. */
const life = (item = written()): { readonly events: readonly TrailEvent[]; readonly end: TrailItem } => {
  const pending = { ...item, outcome: { S: 'pending' }, proven: { BOOL: false }, closedBy: { S: 'p' } };
  const end = closed(item);
  return { end, events: [change(undefined, item), change(item, pending), change(pending, end)] };
};
const problems = (events: readonly TrailEvent[], table: readonly TrailItem[], now = NOW) =>
  verifyTrail(events, table, now).findings.map(({ id, problem, what }) => [id, problem, what]);

describe('a record that no one touched', () => {
  it('is written, pending and closed, in whatever order and however often the trail tells it', () => {
    const { events, end } = life();
    expect(verifyTrail([...events.toReversed(), ...events], [end], NOW)).toEqual({
      records: 1,
      changes: 3,
      older: 0,
      recent: 0,
      findings: [],
    });
  });

  it('of a read comes with its outcome', () => {
    const read = written(ID, 'read');
    expect(problems([change(undefined, read)], [read])).toEqual([]);
  });

  it('goes when its time is over, and DynamoDB says that it was itself', () => {
    const { events, end } = life();
    const later = START + 401 * 1_440 * MINUTE;
    const userIdentity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
    const gone = change(end, undefined, { userIdentity }, later);
    expect(problems([...events, gone], [], later + 60 * MINUTE)).toEqual([]);
    // Before the trail has heard of it.
    expect(problems(events, [], later)).toEqual([]);
    // Before its time it was somebody.
    expect(problems([...events, change(end, undefined, { userIdentity })], [])).toEqual([
      [ID, 'removed', 'it was removed by hand'],
    ]);
  });

  it('that is older than the trail, or has just been changed, is not compared', () => {
    const { events, end } = life();
    const before = written(idAt(START - MINUTE, 'B'));
    const fresh = written(idAt(NOW - MINUTE, 'C'));
    const changing = { ...end, outcomeAt: { S: 'other' } };
    expect(verifyTrail(events, [end, before, fresh], NOW)).toMatchObject({ older: 1, recent: 1, findings: [] });
    expect(verifyTrail(events, [changing], START + MINUTE)).toMatchObject({ recent: 1, findings: [] });
  });
});

describe('what was done afterwards shows', () => {
  const { events, end } = life();
  const other = { ...end, subject: { S: 'somebody else' } };

  it('in the table alone', () => {
    expect(problems(events, [other])).toEqual([[ID, 'changed', 'the table differs: subject']]);
    expect(problems(events, [])).toEqual([[ID, 'removed', 'it is not in the table any more']]);
    const forged = written(idAt(START + MINUTE, 'D'));
    expect(problems(events, [end, forged])).toEqual([
      [idAt(START + MINUTE, 'D'), 'untracked', 'it is in the table, but not in the trail'],
    ]);
  });

  it('in the trail, though the table agrees with its last change', () => {
    expect(problems([...events, change(end, other)], [other])).toEqual([[ID, 'changed', 'after its outcome: subject']]);
    const open = written();
    const renamed = { ...closed(open), user: { S: 'x' } };
    expect(problems([change(undefined, open), change(open, renamed)], [renamed])).toEqual([
      [ID, 'changed', 'besides its outcome: user'],
    ]);
    const outcome = closed(end, { outcome: { S: 'unknown' } });
    expect(problems([...events, change(end, outcome)], [outcome])).toEqual([
      [ID, 'changed', 'after its outcome: outcome'],
    ]);
  });

  it('where a record was removed, and written again', () => {
    const gone = change(end, undefined);
    expect(problems([...events, gone], [])).toEqual([[ID, 'removed', 'it was removed by hand']]);
    const again = change(undefined, written());
    expect(problems([...events, gone, again], [written()])).toEqual([
      [ID, 'removed', 'it was removed by hand'],
      [ID, 'forged', 'it was removed, and written again'],
    ]);
  });

  it('where a record says that it is older than it is, or came with its outcome', () => {
    const late = change(undefined, written(), {}, START + 20 * MINUTE);
    expect(problems([late], [written()])).toEqual([[ID, 'forged', 'its ID says another time than it was written']]);
    expect(problems([change(undefined, end)], [end])).toEqual([[ID, 'forged', 'it was written with its outcome']]);
    const nameless = { ...written(), id: { S: 'x' } };
    expect(problems([change(undefined, nameless)], [nameless])).toEqual([
      ['x', 'forged', 'its ID says another time than it was written'],
    ]);
  });

  it('where the trail lacks a change', () => {
    const [first, , last] = events as [TrailEvent, TrailEvent, TrailEvent];
    expect(problems([first, last], [end])).toEqual([[ID, 'untracked', 'the trail lacks a change before this one']]);
  });
});
