import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { run } from '../../../local/cli/run.ts';

/** What a command line printed, and its exit code. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Around what a command line runs here. */
export interface Around {
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly columns?: number;
  /** True at a terminal, which `typed` is typed at. */
  readonly isTTY?: boolean;
  readonly typed?: string;
}

function input(isTTY: boolean, typed: string): NodeJS.ReadStream {
  const stream = new PassThrough();
  stream.end(typed);
  // All that a command asks of its input, besides reading it.
  return Object.assign(stream, { isTTY, setRawMode: () => stream }) as unknown as ReadStream & { fd: 0 };
}

/** Runs a command line in this process, with nothing of this process's own surroundings. */
export async function ran(
  args: readonly string[],
  { env = {}, columns = 80, isTTY = false, typed = '' }: Around = {},
): Promise<Ran> {
  let [stdout, stderr] = ['', ''];
  const code = await run(args, {
    env: { USER: 'ada', COLUMNS: String(columns), ...env },
    stdout: {
      isTTY,
      columns,
      rows: 24,
      write: (text) => {
        stdout += text;
      },
    },
    stderr: {
      write: (text) => {
        stderr += text;
      },
    },
    stdin: input(isTTY, typed),
    sleep: async () => {},
  });
  return { code, stdout, stderr };
}
