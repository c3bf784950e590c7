import { vi } from 'vitest';
import { keepSpans } from '../support/spans.ts';

/** All that a process writes of itself. */
export interface Recorder {
  /** Log lines and metrics, and whatever else was printed. */
  lines(): readonly string[];
  /** What a tracing SDK exports. */
  traces(): readonly string[];
  /** Begins anew, in Lambda's environment. Undo it with `vi.unstubAllEnvs()` and `vi.restoreAllMocks()`. */
  record(): void;
}

/** One for a file: there is one tracing SDK in a process. */
export function startRecorder(): Recorder {
  const kept = keepSpans();
  const lines: string[] = [];
  return {
    lines: () => [...lines],
    traces: () => [kept.text()],
    record: () => {
      lines.length = 0;
      kept.reset();
      vi.stubEnv('POWERTOOLS_DEV', 'false');
      vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
      for (const method of ['debug', 'info', 'warn', 'error', 'log', 'trace'] as const)
        vi.spyOn(console, method).mockImplementation(
          (...parts: unknown[]) => void lines.push(parts.map(String).join(' ')),
        );
      for (const stream of [process.stdout, process.stderr])
        vi.spyOn(stream, 'write').mockImplementation((chunk: string | Uint8Array) => {
          lines.push(Buffer.from(chunk as Uint8Array).toString('utf8'));
          return true;
        });
    },
  };
}
