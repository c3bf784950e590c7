import { execFile } from 'node:child_process';

/** How a program ended; `code` is `null` where it could not be run at all. */
export interface CommandResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end, without a shell and without input; it ends with this process. Never rejects. */
export function runCommand(
  file: string,
  args: readonly string[],
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      process.off('exit', kill);
      const code = error ? (typeof error.code === 'number' ? error.code : null) : 0;
      resolve({ code, output: `${stdout}${stderr}` });
    });
    const kill = () => child.kill();
    process.once('exit', kill);
    child.stdin?.end();
  });
}

const ALTERNATIVES = `Instead of the embedded OceanBase kernel you can use a server of your own (OceanBase, MySQL or MariaDB):
  DATABASE_URL=mysql://user:password@host:3306 npm start`;

/** The kernel cannot be had or run on this machine. The message is for the person at the terminal and says what else works. */
export class KernelError extends Error {
  override readonly name = 'KernelError';

  constructor(problem: string, options?: ErrorOptions) {
    super(`${problem}\n${ALTERNATIVES}`, options);
  }
}
