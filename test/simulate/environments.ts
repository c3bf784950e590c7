import type { Inputs } from './inputs.ts';
import type { Turn } from './run-batch.ts';

/** A Lambda environment, and until when it keeps which target's secret. */
interface Environment {
  idleSince: number;
  readonly secrets: Map<number, number>;
}

/** The environments of the worker: the one that was used last is taken first, and one that is idle for too long goes. */
export class Environments {
  coldStarts = 0;
  secretsCalls = 0;
  readonly #lambda: Inputs['lambda'];
  #idle: Environment[] = [];

  constructor(lambda: Inputs['lambda']) {
    this.#lambda = lambda;
  }

  /** One for a batch. @returns seconds until it works, and what gives it back */
  take(now: number, turns: readonly Turn[]): { readonly coldStart: number; readonly free: (now: number) => void } {
    this.#idle = this.#idle.filter(({ idleSince }) => now - idleSince < this.#lambda.keptIdle);
    const warm = this.#idle.pop();
    if (warm === undefined) this.coldStarts++;
    const environment = warm ?? { idleSince: now, secrets: new Map<number, number>() };
    for (const { target } of turns) {
      if ((environment.secrets.get(target) ?? 0) > now) continue;
      this.secretsCalls++;
      environment.secrets.set(target, now + this.#lambda.secretKept);
    }
    return {
      coldStart: warm === undefined ? this.#lambda.coldStart : 0,
      free: (at) => {
        environment.idleSince = at;
        this.#idle.push(environment);
      },
    };
  }
}
