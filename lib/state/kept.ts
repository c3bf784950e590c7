/**
 * What a store of one process keeps, by name: its memory (a `Map`), or a file that outlives it. Each method is done when it
 * returns, so that nothing of the same process comes between two of them.
 *
 * A file throws `state-unavailable` where it cannot keep its promise.
 */
export interface Kept<Value> extends Iterable<readonly [string, Value]> {
  get(name: string): Value | undefined;
  set(name: string, value: Value): unknown;
  delete(name: string): unknown;
}
