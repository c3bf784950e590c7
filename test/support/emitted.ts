import { afterEach, beforeEach, vi } from 'vitest';

/** One line of CloudWatch's embedded metric format. */
export interface Emf {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [field: string]: unknown;
}

const isEmf = (value: unknown): value is Emf => typeof value === 'object' && value !== null && '_aws' in value;

/** Lambda's environment for what is emitted in each test, and every line that is written meanwhile; call it outside of tests. */
export function emitting() {
  const lines: string[] = [];
  beforeEach(() => {
    lines.length = 0;
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'kill-connection');
    // In this mode Powertools writes to the console that vitest sees, and emits nothing unless told to.
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
      vi.spyOn(console, method).mockImplementation((text) => void lines.push(String(text)));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  const parsed = (): readonly unknown[] =>
    lines.map((line) => {
      try {
        return JSON.parse(line);
      } catch {
        return line;
      }
    });
  const emf = () => parsed().filter(isEmf);
  return {
    lines,
    emf,
    /** All values of a metric, in the lines that hold these dimensions. */
    values: (name: string, dimensions: Readonly<Record<string, string>> = {}): readonly number[] =>
      emf()
        .filter((line) => Object.entries(dimensions).every(([key, value]) => line[key] === value))
        .flatMap((line) => (name in line ? [line[name] as number | readonly number[]].flat() : [])),
    /** The log, without metrics. */
    logged: () => parsed().filter((line): line is Readonly<Record<string, unknown>> => !isEmf(line)),
  };
}
