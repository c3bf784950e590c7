import { afterEach, beforeEach, expect, vi } from 'vitest';
import { tally } from '../../fuzz/tally.ts';
import { CANARIES, canariesIn } from '../canary.ts';
import { startRecorder } from '../recorder.ts';

/** Every secret at once. */
export const ALL = Object.values(CANARIES).join(' ');

/** Records all that is written in each test of a file, and counts the texts that are looked through; call it outside of tests. */
export function lookForSecrets(name: string, note: string) {
  const count = tally(name, note);
  const recorder = startRecorder();
  beforeEach(() => recorder.record());
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  return {
    tried: count.tried,
    lines: () => recorder.lines(),
    traces: () => recorder.traces(),
    /** Holds no canary in any encoding. */
    isClean: (...texts: readonly string[]): void => {
      for (const text of texts) {
        count.tried(1);
        expect(canariesIn(text), text.slice(0, 400)).toEqual([]);
      }
    },
  };
}
