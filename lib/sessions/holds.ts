/** Whether something holds: Kleene's logic. `undefined` where it depends on what is not known, which is never a no. */
export type Holds = boolean | undefined;

/** The opposite; of what is not known it is not known either. */
export const negate = (holds: Holds): Holds => (holds === undefined ? undefined : !holds);

/** AND: one that is false decides; else one that is not known makes it unknown. */
export function allHold<Item>(items: readonly Item[], holds: (item: Item) => Holds): Holds {
  let result: Holds = true;
  for (const item of items) {
    const one = holds(item);
    if (one === false) return false;
    if (one === undefined) result = undefined;
  }
  return result;
}

/** OR: one that is true decides; else one that is not known makes it unknown. */
export function anyHolds<Item>(items: readonly Item[], holds: (item: Item) => Holds): Holds {
  let result: Holds = false;
  for (const item of items) {
    const one = holds(item);
    if (one === true) return true;
    if (one === undefined) result = undefined;
  }
  return result;
}
