import { vi } from 'vitest';
import { lambdaWithXray } from '../support/sampled.ts';
import { startXrayDaemon } from '../support/xray-daemon.ts';

/** All that a process writes of itself. */
export interface Recorder {
  /** Log lines and metrics, and whatever else was printed. */
  lines(): readonly string[];
  /** What went to X-Ray. */
  traces(): readonly string[];
  /** Begins anew, in Lambda's environment. Undo it with `vi.unstubAllEnvs()` and `vi.restoreAllMocks()`. */
  record(): void;
  stop(): void;
}

/** One for a file: the X-Ray client reads the address of its daemon once. */
export async function startRecorder(): Promise<Recorder> {
  const daemon = await startXrayDaemon();
  const lines: string[] = [];
  return {
    lines: () => [...lines],
    traces: () => [...daemon.taken],
    stop: () => {
      daemon.stop();
    },
    record: () => {
      lines.length = 0;
      daemon.taken.length = 0;
      lambdaWithXray(daemon.address);
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
