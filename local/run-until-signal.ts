import { commandOf, parentOf, startOf } from './kernel/process-table.ts';

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
