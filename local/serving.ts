import { once } from 'node:events';
import type { Server } from 'node:http';
import { sweepAudit } from '../lib/audit/sweep.ts';
import { AppError } from '../lib/errors.ts';
import type { Services } from '../lib/services.ts';
import { Refusal } from './gateway/token.ts';
import { KernelError } from './kernel/fetch-kernel.ts';
import { commandOf, parentOf, startOf } from './kernel/process-table.ts';

/** Where a gateway listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Has a gateway listen. @throws Refusal where it cannot, with what to write instead */
export async function listen(server: Server, { host, port }: Address, otherwise: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') throw new Refusal(`Port ${port} is in use. Choose another: ${otherwise}`);
    if (code === 'EACCES') throw new Refusal(`Port ${port} is not ours to use. Choose another: ${otherwise}`);
    if (code === 'EADDRNOTAVAIL') throw new Refusal(`This machine has no address ${host}.`);
    throw error;
  }
}

/**
 * Logs in to each target of one's own once: what cannot be reached is named before anybody asks. It is served all the same,
 * since a server that is full or restarts comes back.
 */
export async function knock(services: Services, names: readonly string[]): Promise<readonly string[]> {
  const knocks = names.map((name) =>
    services.open({ name }).then(
      (database) => database.close(),
      (error: unknown) => `${name} cannot be reached. ${describe(error)}`,
    ),
  );
  return (await Promise.all(knocks)).filter((one) => typeof one === 'string');
}

/** Kills of an earlier run that ended before their outcome was known. It may not hold up the start, and may fail. */
export async function sweepLeftovers(services: Services, endings: Endings, olderThan: number): Promise<void> {
  await sweepAudit(services, { olderThan, isOver: () => endings.begun }).catch((error: unknown) => {
    if (!endings.begun) console.error(`Open audit records were not looked at: ${describe(error)}`);
  });
}

/** A failed start, for the person at the terminal. */
export function describe(error: unknown): string {
  if (error instanceof AppError) return [error.message, error.detail, error.hint].filter(Boolean).join('\n');
  if (error instanceof KernelError || error instanceof Refusal) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const PARENT_CHECK_MS = 1_000;

/** Things to end, the last begun first. */
export class Endings {
  readonly #endings: (() => unknown)[] = [];
  #ending: Promise<void> | undefined;

  /** Adds one more thing to end. */
  add(end: () => unknown): void {
    this.#endings.push(end);
  }

  /** True once {@link Endings.endAll} was called. */
  get begun(): boolean {
    return this.#ending !== undefined;
  }

  /** Ends all, once. One that fails does not hold the others. */
  endAll(): Promise<void> {
    this.#ending ??= (async () => {
      for (let end = this.#endings.pop(); end; end = this.#endings.pop()) {
        try {
          await end();
        } catch (error) {
          console.error('While ending:', error);
        }
      }
    })();
    return this.#ending;
  }
}

/** Ends all and then the process on a signal; a second signal ends it at once. Under `npm`, also when npm itself is gone. */
export function endOnSignal(endings: Endings, env: Readonly<NodeJS.ProcessEnv> = process.env): void {
  const exit = (code: number) => {
    if (endings.begun) process.exit(code);
    void endings.endAll().then(() => process.exit(code));
  };
  // 130 and the like would make npm report a failure where somebody only pressed Ctrl-C.
  for (const signal of SIGNALS) process.on(signal, () => exit(endings.begun ? 1 : 0));
  if (env['npm_lifecycle_event'] === undefined) return;
  const npm = npmProcess();
  const check = setInterval(() => {
    // A killed npm passes on no signal, and would leave us on its port.
    if (startOf(npm.pid) !== npm.start && !endings.begun) exit(1);
  }, PARENT_CHECK_MS);
  check.unref();
}

/** npm runs a script by a shell, which may stay in between. */
function npmProcess() {
  const parent = process.ppid;
  const isShell = /^(\S*\/)?\w*sh -c /.test(commandOf(parent) ?? '');
  const pid = (isShell ? parentOf(parent) : undefined) ?? parent;
  return { pid, start: startOf(pid) };
}
