import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';

/** What `look-worker.ts` can be told to do. */
export const LOOKED = ['list', 'page', 'blockers', 'reaper', 'raw'] as const;

/** One of {@link LOOKED}. */
export type Look = (typeof LOOKED)[number];

const lookedSchema = z.object({
  /** Milliseconds of each time, by what was done. */
  times: z.record(z.string(), z.array(z.number())),
  /** How many sessions the last look found that read all of them. */
  found: z.number().nullable(),
  /** The most memory of the process, in bytes. */
  peak: z.number(),
});

/** What a process told that did nothing but look. */
export type Looked = z.infer<typeof lookedSchema>;

/**
 * Looks in a process of its own.
 *
 * @param worker - `look-worker.ts`, bundled
 * @param name - one of {@link LOOKED}, or two with `-and-` between them, in turn
 * @param flags - for Node
 */
export async function look(
  worker: string,
  url: string,
  name: Look | `${Look}-and-${Look}`,
  rounds: number,
  flags: readonly string[] = [],
): Promise<Looked> {
  const args = ['--disable-warning=ExperimentalWarning', ...flags, worker, url, name, `${rounds}`];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, POWERTOOLS_DEV: 'false' },
  });
  // What the calls log and measure comes first.
  return lookedSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}
