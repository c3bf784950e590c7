import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';

const amount = z.number().min(0);
const share = z.number().min(0).max(1);

const inputsSchema = z.strictObject({
  date: z.iso.date(),
  region: z.string(),
  /** USD for one of each. */
  prices: z.strictObject({
    lambdaRequest: amount,
    lambdaGbSecond: amount,
    sqsRequest: amount,
    dynamoWriteUnit: amount,
    dynamoReadUnit: amount,
    secretsCall: amount,
    schedulerCall: amount,
    logGb: amount,
    endpointHour: amount,
    endpoints: z.int().min(0),
  }),
  machines: z.array(z.strictObject({ name: z.string(), gib: amount, cpus: amount, hour: amount })).min(1),
  systemGib: amount,
  fleet: z.strictObject({
    every: z.int().min(60).multipleOf(60),
    busyShare: share,
    illShare: share,
    connectLimit: amount,
    minutes: z.int().min(1),
  }),
  lambda: z.strictObject({
    memoryMb: z.int().min(128),
    mbPerCpu: amount,
    coldStart: amount,
    keptIdle: amount,
    maxConcurrency: z.int().min(1),
    batch: z.int().min(1).max(10),
    startConcurrency: z.int().min(1),
    moreEachMinute: amount,
    emptyPollsEachMinute: amount,
    logBytes: amount,
    sendSeconds: amount,
    sendAtOnce: z.int().min(1),
    secretKept: amount,
    listKept: amount,
  }),
});

/** Prices and assumptions, with the date on which they were written down. What each means stands in inputs.yaml. */
export type Inputs = z.infer<typeof inputsSchema>;

/** Reads a YAML or JSON file of them. @throws Error that names the file and what is wrong with it */
export async function readInputs(file: string): Promise<Inputs> {
  const { data, error } = inputsSchema.safeParse(parse(await readFile(file, 'utf8')));
  if (error) throw new Error(`${file}: ${z.prettifyError(error)}`);
  return data;
}
