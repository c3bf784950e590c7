/**
 * What `work` resolves to, or rejects with, within a time.
 *
 * @param milliseconds - from now
 * @throws Error `TimeoutError` past it; the work is not undone, and what becomes of it is told to nobody
 */
export async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(Object.assign(new Error(`not done within ${Math.round(milliseconds)} ms`), { name: 'TimeoutError' }));
  }, milliseconds);
  try {
    return await Promise.race([work(), over]);
  } finally {
    clearTimeout(timer);
  }
}
