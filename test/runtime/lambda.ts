import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { limitMemory } from './limit-memory.ts';
import { type Outcome, startRuntimeApi } from './runtime-api.ts';
import type { Synthesized } from './synthesized.ts';

// As Lambda: no more memory than the function has; everything is read-only but /tmp; the bundle, which lies there, is read-only too.
const SANDBOX = `if [ -n "$2" ]; then echo $$ > "$2/cgroup.procs"; fi && mount --make-rprivate / && mount --bind /tmp /tmp && mount -o remount,ro,bind / &&
mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && shift 2 && exec "$@"`;

/** What is not as the deployment says. */
export interface Circumstances {
  /** What Lambda and the machine set besides the template: credentials, region, endpoints. */
  readonly environment: Readonly<Record<string, string>>;
  /** Options of Node besides. */
  readonly node?: readonly string[];
  /** How far the function's clock, and its deadline with it, is ahead of ours. */
  readonly secondsAhead?: number;
}

/** Code for Node to run before anything else. */
export const preload = (code: string): string => `--import=data:text/javascript,${encodeURIComponent(code)}`;

const clockAhead = (ms: number): string =>
  preload(`const At = Date;
globalThis.Date = class extends At {
  constructor(...parts) { if (parts.length === 0) super(At.now() + ${ms}); else super(...parts); }
  static now() { return At.now() + ${ms}; }
};`);

/**
 * Runs a function's bundle under Lambda's runtime client, with the environment, memory and file system of Lambda.
 *
 * @param own - the environment that the template gives it
 */
export async function startLambda(
  client: string,
  it: Synthesized,
  own: Readonly<Record<string, string>>,
  { environment, node = [], secondsAhead = 0 }: Circumstances,
) {
  const api = await startRuntimeApi(it.timeout + secondsAhead);
  const env = {
    ...environment,
    ...own,
    PATH: process.env['PATH'],
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: it.handler,
    LAMBDA_TASK_ROOT: it.folder,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: it.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(it.memory),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${it.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/24/[$LATEST]1',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_RUNTIME_API: api.address,
  };
  const limits = [
    `--max-old-space-size=${Math.floor(it.memory * 0.9)}`,
    ...node,
    ...(secondsAhead > 0 ? [clockAhead(secondsAhead * 1000)] : []),
  ];
  const memory = limitMemory(it.memory);
  const command = [
    '-c',
    SANDBOX,
    'sandbox',
    it.folder,
    memory?.folder ?? '',
    process.execPath,
    ...limits,
    client,
    it.handler,
  ];
  const child = spawn('unshare', ['-m', 'sh', ...command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => {
    memory?.remove();
    api.fail({ error: { errorType: 'Runtime.ExitError', errorMessage: `${code ?? signal}: ${log.slice(-2_000)}` } });
    return signal ?? code;
  });
  return {
    invoke: (event: unknown): Promise<Outcome> => api.invoke(event),
    /** What the function wrote, as CloudWatch would show it. */
    log: () => log,
    /** Ends the process as Lambda or a crash does; resolves to its signal or exit code. */
    kill: async (signal: NodeJS.Signals): Promise<unknown> => {
      child.kill(signal);
      return ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      api.close();
    },
  };
}
