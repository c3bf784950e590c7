import { decodeTime } from 'ulid';
import { AUDIT_ATTRIBUTES } from '../state/tables.ts';

/** An item of the audit table as DynamoDB writes it in JSON: `{ "id": { "S": "…" } }`. */
export type TrailItem = Readonly<Record<string, unknown>>;

/** One change of the audit table, as its stream tells it and its trail keeps it. */
export interface TrailEvent {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly dynamodb: {
    /** Seconds since the epoch. */
    readonly ApproximateCreationDateTime: number;
    readonly Keys: TrailItem;
    readonly NewImage?: TrailItem | undefined;
    readonly OldImage?: TrailItem | undefined;
    readonly SequenceNumber: string;
  };
  /** DynamoDB itself, where a record expired. */
  readonly userIdentity?: { readonly type?: string | undefined; readonly principalId?: string | undefined } | undefined;
}

/** Something that was done to a record and that nothing of ours does. */
export interface TrailFinding {
  readonly id: string;
  /**
   * `changed`: the table holds other values than were written, or a record was changed but for its outcome, or after it;
   * `removed`: before its time; `forged`: written as no record is; `untracked`: the trail lacks what must have happened.
   */
  readonly problem: 'changed' | 'removed' | 'forged' | 'untracked';
  readonly what: string;
  /** When it was done, ISO 8601 in UTC; `null` where it is not known. */
  readonly at: string | null;
}

/** What a comparison found. */
export interface TrailResult {
  /** Records that the trail or the table holds. */
  readonly records: number;
  readonly changes: number;
  /** Records that are older than the trail: they cannot be verified. */
  readonly older: number;
  /** Records that changed so lately that trail and table may have been read before and after it. */
  readonly recent: number;
  readonly findings: readonly TrailFinding[];
}

/** How long a change may be on its way to the trail; and how far a record's ID may be from when it was written. */
const ON_ITS_WAY_MS = 15 * 60_000;
const CLOSING: readonly string[] = AUDIT_ATTRIBUTES.closing;

/**
 * Compares the audit table with the trail of its changes, and tells what was changed, removed or forged. Pure.
 *
 * @param now - milliseconds since the epoch, when table and trail were read
 */
export function verifyTrail(events: readonly TrailEvent[], table: readonly TrailItem[], now: number): TrailResult {
  // A stream gives some changes twice.
  const distinct = [...new Map(events.map((event) => [event.eventID, event])).values()];
  const histories = Map.groupBy(distinct, ({ dynamodb }) => idOf(dynamodb.Keys));
  const items = new Map(table.map((item) => [idOf(item), item]));
  const beginning = Math.min(...distinct.map(timeOf));
  const findings: TrailFinding[] = [];
  let [older, recent] = [0, 0];
  for (const [id, history] of histories) {
    const ordered = history.toSorted(bySequence);
    findings.push(...ordered.flatMap((event, at) => judgeChange(id, event, ordered[at - 1])));
    const last = ordered.at(-1);
    if (last === undefined) continue;
    if (now - timeOf(last) < ON_ITS_WAY_MS) recent++;
    else findings.push(...compare(id, last.dynamodb.NewImage, items.get(id), now));
  }
  for (const id of items.keys()) {
    if (histories.has(id)) continue;
    const written = writtenAt(id);
    if (written !== undefined && written < beginning) older++;
    else if (written !== undefined && now - written < ON_ITS_WAY_MS) recent++;
    else
      findings.push({
        id,
        problem: 'untracked',
        what: 'it is in the table, but not in the trail',
        at: null,
      });
  }
  const records = new Set([...histories.keys(), ...items.keys()]).size;
  return { records, changes: distinct.length, older, recent, findings };
}

/** What is wrong about one change, given the one before. */
function judgeChange(id: string, event: TrailEvent, before: TrailEvent | undefined): readonly TrailFinding[] {
  const { NewImage: now, OldImage: old } = event.dynamodb;
  const at = new Date(timeOf(event)).toISOString();
  const found = (problem: TrailFinding['problem'], what: string): TrailFinding => ({ id, problem, what, at });
  const gap =
    before !== undefined && different(before.dynamodb.NewImage ?? {}, old ?? {}).length > 0
      ? [found('untracked', 'the trail lacks a change before this one')]
      : [];
  if (event.eventName === 'REMOVE') return isExpiry(event) ? gap : [...gap, found('removed', 'it was removed by hand')];
  if (event.eventName === 'INSERT')
    return [...gap, ...judgeNew(now ?? {}, event, before).map((what) => found('forged', what))];
  const changed = different(old ?? {}, now ?? {});
  if (old?.['open'] === undefined) return [...gap, found('changed', `after its outcome: ${changed.join(', ')}`)];
  const more = changed.filter((name) => !CLOSING.includes(name));
  return more.length === 0 ? gap : [...gap, found('changed', `besides its outcome: ${more.join(', ')}`)];
}

/** What is wrong about a record that is new. */
function judgeNew(item: TrailItem, event: TrailEvent, before: TrailEvent | undefined): readonly string[] {
  const written = writtenAt(idOf(item));
  const isRead = JSON.stringify(item['kind']) === '{"S":"read"}';
  return [
    ...(before === undefined ? [] : ['it was removed, and written again']),
    ...(written === undefined || Math.abs(written - timeOf(event)) > ON_ITS_WAY_MS
      ? ['its ID says another time than it was written']
      : []),
    ...(isRead || item['open'] !== undefined ? [] : ['it was written with its outcome']),
  ];
}

/** What the table holds of a record, against what it must hold by the trail. */
function compare(
  id: string,
  wanted: TrailItem | undefined,
  found: TrailItem | undefined,
  now: number,
): readonly TrailFinding[] {
  const tell = (problem: TrailFinding['problem'], what: string) => [{ id, problem, what, at: null }];
  if (wanted === undefined) return found === undefined ? [] : tell('untracked', 'it was removed, but is in the table');
  if (found === undefined) return expiresAt(wanted) <= now ? [] : tell('removed', 'it is not in the table any more');
  const names = different(wanted, found);
  return names.length === 0 ? [] : tell('changed', `the table differs: ${names.join(', ')}`);
}

/** DynamoDB removes what has expired by itself, and says so. */
const isExpiry = (event: TrailEvent): boolean =>
  event.userIdentity?.type === 'Service' &&
  event.userIdentity.principalId === 'dynamodb.amazonaws.com' &&
  expiresAt(event.dynamodb.OldImage ?? {}) <= timeOf(event);

const idOf = (item: TrailItem): string => (item['id'] as { readonly S?: string } | undefined)?.S ?? '';

/** Milliseconds since the epoch; never for a record that says nothing of it. */
const expiresAt = (item: TrailItem): number =>
  Number((item['expiresAt'] as { readonly N?: string } | undefined)?.N ?? Number.POSITIVE_INFINITY) * 1000;

const timeOf = ({ dynamodb }: TrailEvent): number => dynamodb.ApproximateCreationDateTime * 1000;

function writtenAt(id: string): number | undefined {
  try {
    return decodeTime(id);
  } catch {
    return undefined;
  }
}

function bySequence(a: TrailEvent, b: TrailEvent): number {
  const [one, other] = [BigInt(a.dynamodb.SequenceNumber), BigInt(b.dynamodb.SequenceNumber)];
  return one < other ? -1 : Number(one > other);
}

/** The attributes in which two items differ, in the order of the alphabet. */
function different(a: TrailItem, b: TrailItem): readonly string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
  return names.filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));
}
