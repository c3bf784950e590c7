import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const positive = z.number().min(0);

/** One run of the worker on one target, from its message to its end. */
const runSchema = z.strictObject({
  /** Milliseconds by the clock. */
  took: positive,
  /** Milliseconds of processor time of this process. */
  cpu: positive,
  /** DynamoDB's own count of units, stop, record and indexes together. */
  writeUnits: positive,
  readUnits: positive,
});

const engineSchema = z.strictObject({
  engine: z.string(),
  /** Runs that found nothing to end. */
  quiet: z.array(runSchema).min(1),
  /** Runs that ended `victims` sessions each. */
  busy: z.array(runSchema).min(1),
});

const measuredSchema = z.strictObject({
  date: z.iso.date(),
  machine: z.string(),
  /** Milliseconds that the way to the database and back was made to take. */
  roundTrip: positive,
  /** Sessions that each busy run ended. */
  victims: z.int().min(1),
  engines: z.array(engineSchema).min(1),
  /** What one pt-kill takes that watches one server: bytes of its own memory, milliseconds of processor for each look. */
  ptKill: z.strictObject({ version: z.string(), bytes: positive, cpuEachLook: positive, daemons: z.int() }),
});

/** One measured run. */
export type Run = z.infer<typeof runSchema>;
/** What was measured on real servers. */
export type Measured = z.infer<typeof measuredSchema>;

/** Reads earlier measurements. @throws Error that names the file and what is wrong with it */
export async function readMeasured(file: string): Promise<Measured> {
  const { data, error } = measuredSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (error) throw new Error(`${file}: ${z.prettifyError(error)}`);
  return data;
}
