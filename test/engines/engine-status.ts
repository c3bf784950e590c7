/** The engines that the promises are tested on. */
export const ENGINE_NAMES = ['oceanbase', 'mariadb', 'mysql'] as const;

/** One of {@link ENGINE_NAMES}. */
export type EngineName = (typeof ENGINE_NAMES)[number];

/** Whether there is a server of an engine to test on: an administrator's URL, or the reason why not. */
export interface EngineStatus {
  readonly name: EngineName;
  readonly url: string | undefined;
  readonly reason: string | undefined;
}

declare module 'vitest' {
  interface ProvidedContext {
    engines: readonly EngineStatus[];
  }
}
