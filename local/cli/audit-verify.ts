import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import { type TrailEvent, type TrailItem, type TrailResult, verifyTrail } from '../../lib/audit/verify-trail.ts';
import { UsageError } from './help.ts';

const item = z.record(z.string(), z.unknown());

const eventSchema = z.object({
  eventID: z.string(),
  eventName: z.enum(['INSERT', 'MODIFY', 'REMOVE']),
  dynamodb: z.object({
    ApproximateCreationDateTime: z.number(),
    Keys: item,
    NewImage: z.optional(item),
    OldImage: z.optional(item),
    SequenceNumber: z.string().check(z.regex(/^\d+$/)),
  }),
  userIdentity: z.nullish(z.object({ type: z.optional(z.string()), principalId: z.optional(z.string()) })),
});

/** What to print, and the exit code. */
interface Told {
  readonly text: string;
  readonly code: 0 | 1;
}

const USAGE = 'write warden audit verify --trail FOLDER --table FILE';

/** `warden audit verify`: compares a copy of the table with a copy of its trail. @throws UsageError for what cannot be read */
export function auditCommand([verb, ...args]: readonly string[], now = Date.now()): Told {
  if (verb !== 'verify') throw new UsageError(USAGE);
  const { values } = parseArgs({
    args: [...args],
    options: { trail: { type: 'string' }, table: { type: 'string' }, json: { type: 'boolean' } },
  });
  if (values.trail === undefined || values.table === undefined) throw new UsageError(USAGE);
  const result = verifyTrail(readTrail(values.trail), readTable(values.table), now);
  const code = result.findings.length === 0 ? 0 : 1;
  return { text: values.json ? JSON.stringify(result, null, 2) : inWords(result), code };
}

function inWords({ records, changes, older, recent, findings }: TrailResult): string {
  return [
    ...findings.map(({ id, problem, what, at }) => `${id}\t${problem}\t${at ?? '–'}\t${what}`),
    `${records} records, ${changes} changes: ${findings.length === 0 ? 'nothing was changed, removed or forged' : `${findings.length} findings`}`,
    ...(older === 0 ? [] : [`${older} are older than the trail, which tells nothing of them`]),
    ...(recent === 0 ? [] : [`${recent} changed within the last 15 minutes and were not compared`]),
  ].join('\n');
}

/** Every change that a folder holds, as `aws s3 sync s3://BUCKET/changes FOLDER` copied it. */
function readTrail(folder: string): readonly TrailEvent[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    throw new UsageError(`${folder}: the folder cannot be read`);
  }
  if (names.length === 0) throw new UsageError(`${folder}: there is no file in it`);
  return names.flatMap(readEvents);
}

function readEvents(file: string): readonly TrailEvent[] {
  const bytes = readFileSync(file);
  try {
    const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
    const parts = splitObjects(text);
    if (parts.length === 0) throw new Error('there is nothing in it');
    return parts.map((part) => {
      const { userIdentity, ...event } = z.parse(eventSchema, JSON.parse(part));
      return { ...event, userIdentity: userIdentity ?? undefined };
    });
  } catch {
    throw new UsageError(`${file}: this is no object of an audit trail`);
  }
}

/** The objects of a text that holds one behind the other, with or without anything in between. */
export function splitObjects(text: string): readonly string[] {
  const parts: string[] = [];
  let [depth, start, isText] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isText) {
      if (character === '\\') at++;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === '{' && depth++ === 0) start = at;
    else if (character === '}' && --depth === 0) parts.push(text.slice(start, at + 1));
  }
  if (depth !== 0 || isText) throw new Error('an object has no end');
  return parts;
}

/** The table, as `aws dynamodb scan --table-name TABLE --output json` writes it. */
function readTable(file: string): readonly TrailItem[] {
  try {
    return z.parse(z.object({ Items: z.array(item) }), JSON.parse(readFileSync(file, 'utf8'))).Items;
  } catch {
    throw new UsageError(`${file}: this is not what aws dynamodb scan --output json writes`);
  }
}
