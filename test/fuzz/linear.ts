const TRIES = 4;
const FACTOR = 16;
/** Below this a measurement is of the clock and of the garbage collector. */
const NOISE_US = 2_000;

/**
 * How many times more work is done on sixteen times as much: 16 where it is linear, 256 where it is quadratic. Measured in
 * processor time of this process, the best of a few tries each, so that a busy machine makes no difference.
 */
export function growth(work: (size: number) => void, size: number): number {
  const best = (n: number): number => {
    const times = Array.from({ length: TRIES }, () => {
      const before = process.cpuUsage();
      work(n);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    });
    return Math.max(NOISE_US, Math.min(...times));
  };
  const small = best(size);
  return best(FACTOR * size) / small;
}

/** Well above what linear work shows, well below what quadratic work does. */
export const LINEAR = 6 * FACTOR;
