/** Things in the order of a number, the smallest first. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #orderOf: (item: T) => number;

  constructor(orderOf: (item: T) => number) {
    this.#orderOf = orderOf;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    items.push(item);
    for (let at = items.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (this.#at(parent) <= this.#at(at)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): T | undefined {
    const items = this.#items;
    const [first] = items;
    const last = items.pop();
    if (items.length === 0 || last === undefined) return first;
    items[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = this.#at(right) < this.#at(left) ? right : left;
      if (this.#at(child) >= this.#at(at)) return first;
      this.#swap(at, child);
      at = child;
    }
  }

  #at(place: number): number {
    const item = this.#items[place];
    return item === undefined ? Number.POSITIVE_INFINITY : this.#orderOf(item);
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#items[a], this.#items[b]];
    if (one === undefined || other === undefined) return;
    this.#items[a] = other;
    this.#items[b] = one;
  }
}
